// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.Content;
import io.zkflink.client.Failure;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.FakeZooKeeper;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class SubtreeReadTest {

    private final FakeZooKeeper zk = new FakeZooKeeper();

    private CompletableFuture<List<ZNode>> read(String path, boolean keysOnly) {
        return read(path, keysOnly ? Content.KEYS : Content.DATA);
    }

    private CompletableFuture<List<ZNode>> read(String path, Content content) {
        PathTemplate template = PathTemplate.parse(path, PathEncoding.NONE, name -> SegmentType.STRING);
        return SubtreeRead.start(zk, template.restrict(Map.of("a", List.of("x"))), content);
    }

    private static List<String> paths(CompletableFuture<List<ZNode>> read) {
        return Await.result(read).stream().map(ZNode::path).toList();
    }

    @Test
    void readsWhatIsBelowThePrefix() {
        zk.create("/r/x/1", "one");
        zk.create("/r/x/2", "two");
        zk.create("/r/y/3", "three");
        assertThat(paths(read("/r/{a}/{b}", false))).containsExactlyInAnyOrder("/r/x/1", "/r/x/2");
        assertThat(zk.answered()).doesNotContain("children /r", "read /r/y/3");
    }

    @Test
    void readsNoDataWhereKeysAreEnough() {
        zk.create("/r/x/1", "one");
        zk.create("/r/x/1/below", "two");
        assertThat(paths(read("/r/{a}/{b}", true))).containsExactly("/r/x/1");
        assertThat(paths(read("/r/{a}/{*b}", true))).containsExactlyInAnyOrder("/r/x/1", "/r/x/1/below");
        assertThat(zk.answered()).noneMatch(request -> request.startsWith("read"));
    }

    @Test
    void asksForNoDataWhereStatsAreEnough() {
        zk.create("/r/x/1", "one");
        zk.create("/r/x/1/below", "two");
        for (CompletableFuture<List<ZNode>> found : List.of(
                read("/r/{a}/{*b}", Content.STAT),
                SubtreeRead.all(zk, List.of("/r/x/1", "/r/none", "/r/x/1/below"), Content.STAT))) {
            assertThat(Await.result(found))
                    .hasSize(2)
                    .allMatch(znode -> znode.data().length == 0 && znode.stat().dataLength() == 3);
        }
        assertThat(zk.answered()).noneMatch(request -> request.startsWith("read"));
    }

    /** Neither data nor a list of children, which may be long and needs a permission. */
    @Test
    void whetherAZNodeIsThereIsAskedForAlone() {
        zk.create("/r/x", "v");
        zk.create("/r/x/child", "v");
        zk.create("/r/denied", "v");
        zk.failReads("/r/denied", Failure.NO_PERMISSION);
        assertThat(paths(SubtreeRead.all(zk, List.of("/r/x", "/r/none", "/r/denied"), Content.KEYS)))
                .containsExactly("/r/x", "/r/denied");
        assertThat(zk.answered()).containsExactly("exists /r/x", "exists /r/none", "exists /r/denied");
        zk.failReads("/r/x", Failure.REPLY_TOO_LARGE);
        assertThat(SubtreeRead.all(zk, List.of("/r/x"), Content.KEYS)).isCompletedExceptionally();
    }

    @Test
    void readsSubtreesOfAnyDepth() {
        zk.create("/r/x/1/2/3", "deep");
        assertThat(paths(read("/r/{a}/{*b}", false))).containsExactlyInAnyOrder("/r/x/1", "/r/x/1/2", "/r/x/1/2/3");
    }

    @Test
    void nothingIsNoRow() {
        assertThat(paths(read("/r/{a}/{b}", false))).isEmpty();
    }

    @Test
    void whatVanishesBetweenListAndReadIsNoRow() {
        zk.create("/r/x/1", "one");
        zk.create("/r/x/2", "two");
        zk.holdReads();
        CompletableFuture<List<ZNode>> read = read("/r/{a}/{b}", false);
        assertThat(zk.answerNext()).isEqualTo("children /r/x");
        zk.delete("/r/x/1");
        zk.answerAll();
        assertThat(paths(read)).containsExactly("/r/x/2");
    }

    @Test
    void aFailureEndsIt() {
        zk.create("/r/x/1", "one");
        zk.create("/r/x/2", "two");
        zk.failReads("/r/x/2", Failure.NO_PERMISSION);
        assertThat(Await.failure(read("/r/{a}/{b}", false)))
                .isInstanceOfSatisfying(ZooKeeperException.class, failed -> assertThat(failed.failure())
                        .isEqualTo(Failure.NO_PERMISSION));
    }

    @Test
    void manyRowsAreReadAFewAtATime() {
        for (int i = 0; i < 5_000; i++) {
            zk.create("/r/x/" + i, "");
        }
        zk.holdReads();
        CompletableFuture<List<ZNode>> read = read("/r/{a}/{b}", false);
        zk.answerNext();
        assertThat(zk.held()).hasSizeBetween(100, 2_000);
        zk.releaseReads();
        assertThat(paths(read)).hasSize(5_000);
    }
}
