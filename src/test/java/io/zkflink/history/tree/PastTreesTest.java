// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.ZNode;
import io.zkflink.history.CommittedLog;
import io.zkflink.history.History;
import io.zkflink.history.LogRecord;
import io.zkflink.history.TransactionDecoder;
import io.zkflink.testkit.WrittenFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From which snapshot a past tree is made, and what is laid over it. */
class PastTreesTest {

    @TempDir
    Path directory;

    private WrittenFolder folder(String name) {
        return new WrittenFolder(directory.resolve(name));
    }

    private PastTrees trees(String... names) {
        return new PastTrees(new History(
                Arrays.stream(names)
                        .map(name -> directory.resolve(name).toString())
                        .toList(),
                false));
    }

    private static Map<String, ZNode> znodes(TreeAt tree) throws IOException {
        Map<String, ZNode> znodes = new TreeMap<>();
        try (tree) {
            for (ZNode znode = tree.next(); znode != null; znode = tree.next()) {
                if (!znode.path().startsWith("/zookeeper")) {
                    assertThat(znodes.put(znode.path(), znode)).isNull();
                }
            }
        }
        return znodes;
    }

    private List<String> paths(long zxid, String... folders) throws IOException {
        return List.copyOf(znodes(trees(folders).at(WrittenFolder.time(zxid))).keySet());
    }

    private static String[] nodes(int last) {
        List<String> paths = new ArrayList<>();
        for (int i = 1; i <= last; i++) {
            paths.add("/n" + i);
        }
        return paths.toArray(String[]::new);
    }

    private static List<String> tree(int last) {
        List<String> paths = new ArrayList<>(List.of(nodes(last)));
        paths.add("/");
        return paths.stream().sorted().toList();
    }

    /** A copy of a snapshot may be younger than that of the log, and a server writes on after its log was read. */
    @Test
    void aSnapshotThatGoesFurtherThanTheLogIsNotRead() throws Exception {
        WrittenFolder a = folder("a").begin(1).creations(1, 5);
        a.snapshot(0, 0);
        a.snapshot(5, 6, nodes(6));
        assertThat(paths(5, "a")).isEqualTo(tree(5));
        assertThat(paths(100, "a")).isEqualTo(tree(5));
    }

    /** A znode comes into the tree before the end of a snapshot tells so. */
    @Test
    void aSnapshotMayHaveTheTransactionAfterItsEnd() throws Exception {
        WrittenFolder a = folder("a").begin(1).creations(1, 10);
        a.snapshot(0, 0);
        a.snapshot(5, 5, nodes(6));
        assertThat(paths(5, "a")).isEqualTo(tree(5));
        assertThat(paths(6, "a")).isEqualTo(tree(6));
    }

    @Test
    void theOnlySnapshotMayBeAsNewAsTheLog() throws Exception {
        WrittenFolder a = folder("a").begin(1).creations(1, 5);
        a.snapshot(5, 5, nodes(5));
        assertThat(paths(5, "a")).isEqualTo(tree(5));
        WrittenFolder old = folder("old").begin(1).creations(1, 5);
        old.snapshot(5, Map.of("/n1", 0L, "/n2", 0L, "/n3", 0L, "/n4", 0L, "/n5", 0L));
        assertThat(paths(5, "old")).isEqualTo(tree(5));
    }

    @Test
    void anUnfinishedSnapshotIsPassedOverWhereverItIs() throws Exception {
        WrittenFolder a = folder("a").begin(1).creations(1, 10);
        a.snapshot(0, 0);
        Path unfinished = a.snapshot(3, 3, nodes(3));
        Files.write(unfinished, Arrays.copyOf(Files.readAllBytes(unfinished), 200));
        a.snapshot(5, 8, nodes(8));
        assertThat(paths(6, "a")).isEqualTo(tree(6));
        Path newest = a.snapshot(9, 9, nodes(9));
        Files.write(newest, new byte[0]);
        assertThat(paths(10, "a")).isEqualTo(tree(10));
    }

    @Test
    void theNewestSnapshotOfAllServersIsRead() throws Exception {
        WrittenFolder a = folder("a").begin(6).creations(6, 10);
        a.snapshot(0, 0);
        WrittenFolder b = folder("b").begin(6).creations(6, 10);
        b.snapshot(7, 7, nodes(7));
        assertThat(paths(9, "a", "b")).isEqualTo(tree(9));
        assertThat(paths(9, "b", "a")).isEqualTo(tree(9));
    }

    /** Servers before 3.6 do not say where a snapshot ends, and write one at a time. */
    @Test
    void aSnapshotOfAnOldServerEndsBeforeTheNextOneBegins() throws Exception {
        WrittenFolder a = folder("a").begin(1).creations(1, 10);
        a.snapshot(2, Map.of("/n1", 0L, "/n2", 0L, "/n3", 0L));
        a.snapshot(5, Map.of("/n1", 0L, "/n2", 0L, "/n3", 0L, "/n4", 0L, "/n5", 0L, "/n6", 0L, "/n7", 0L));
        assertThat(paths(6, "a")).isEqualTo(tree(6));
        assertThat(paths(10, "a")).isEqualTo(tree(10));
        assertThatThrownBy(() -> paths(4, "a")).hasMessageContaining("answers exist from about");
    }

    @Test
    void itIsToldFromWhenOnThereAreAnswers() throws Exception {
        WrittenFolder a = folder("a").begin(1).creations(1, 10);
        a.snapshot(5, 7, nodes(7));
        for (long zxid : new long[] {0, 3, 6, 7}) {
            assertThatThrownBy(() -> paths(zxid, "a"))
                    .hasMessageContaining("The tree as of " + Instant.ofEpochMilli(WrittenFolder.time(zxid)))
                    .hasMessageContaining(
                            "answers exist from about " + Instant.ofEpochMilli(WrittenFolder.time(8)) + " on");
        }
        assertThat(paths(8, "a")).isEqualTo(tree(8));
        folder("none").begin(1).creations(1, 3);
        assertThatThrownBy(() -> paths(3, "none")).hasMessageContaining("there is no snapshot");
    }

    /** Servers before 3.4 did not log how many children a znode has ever had. */
    @Test
    void creationsThatDoNotCountAreCounted() throws Exception {
        WrittenFolder a = folder("a")
                .begin(1)
                .create(1, "/p", 0, -1)
                .create(2, "/p/a", 0, -1)
                .create(3, "/p/b", 0, -1)
                .delete(4, "/p/a")
                .create(5, "/q", 0, -1)
                .create(6, "/q/a", 0, -1);
        a.snapshot(2, 2, "/p", "/p/a");
        Map<String, ZNode> znodes = znodes(trees("a").at(WrittenFolder.time(6)));
        assertThat(znodes.get("/p").stat().numChildren()).isEqualTo(1);
        assertThat(znodes.get("/p").stat().cversion()).isEqualTo(3);
        assertThat(znodes.get("/q").stat().cversion()).isEqualTo(1);
        // With /zookeeper.
        assertThat(znodes.get("/").stat().numChildren()).isEqualTo(3);
        assertThat(znodes.get("/").stat().cversion()).isEqualTo(1);
    }

    /** Ten million znodes may have changed since the snapshot. */
    @Test
    void onlyWhatIsWantedIsKept() throws Exception {
        folder("a")
                .begin(1)
                .create(1, "/p", 0)
                .create(2, "/p/a", 0)
                .create(3, "/p/b", 0)
                .creations(4, 2_000);
        PastChanges few = changes("a", new WantedZNodes(path -> path.equals("/p/a"), false, true));
        assertThat(few.all()).hasSize(1);
        assertThat(few.of("/p/a").over(null).data()).isEmpty();
        assertThat(few.of("/p/a").over(null).length()).isEqualTo("of /p/a".length());
        PastChanges parent = changes("a", new WantedZNodes(path -> path.equals("/p"), true, true));
        assertThat(parent.all()).hasSize(1);
        assertThat(parent.of("/p").newChildren()).isEqualTo(2);
        assertThat(changes("a", new WantedZNodes(path -> path.equals("/p"), true, false))
                        .of("/p")
                        .newChildren())
                .isZero();
    }

    private PastChanges changes(String folder, WantedZNodes wanted) throws IOException {
        History history = new History(List.of(directory.resolve(folder).toString()), false);
        PastChanges changes = new PastChanges(wanted);
        TransactionDecoder decoder = history.decoder();
        try (CommittedLog log = history.logAfter(0, false)) {
            for (LogRecord record = log.next(); record != null; record = log.next()) {
                changes.apply(decoder.decode(record));
            }
        }
        return changes;
    }

    /** What was below it before is not there any more, though the snapshot has it. */
    @Test
    void whatWasDeletedAndCreatedAgainHasNewChildrenOnly() throws Exception {
        WrittenFolder a = folder("a")
                .begin(4)
                .delete(4, "/p/a")
                .delete(5, "/p/b")
                .delete(6, "/p")
                .create(7, "/p", 0)
                .create(8, "/p/b", 0, 1);
        a.snapshot(3, 3, "/p", "/p/a", "/p/b");
        Map<String, ZNode> znodes = znodes(trees("a").at(WrittenFolder.time(8)));
        assertThat(znodes.keySet()).containsExactly("/", "/p", "/p/b");
        assertThat(znodes.get("/p").stat().numChildren()).isEqualTo(1);
        assertThat(znodes.get("/p").stat().czxid()).isEqualTo(7);
        assertThat(znodes(trees("a").at(WrittenFolder.time(7))).get("/p").stat().numChildren())
                .isZero();
    }

    @Test
    void whatWasNeverCommittedIsNotPartOfIt() throws Exception {
        long epoch = 0x200000000L;
        for (String name : List.of("a", "b", "c")) {
            WrittenFolder folder = folder(name).begin(1).creations(1, name.equals("a") ? 7 : 5);
            folder.snapshot(0, 0);
            folder.begin(epoch + 1).create(epoch + 1, "/later", 0);
        }
        PastTrees trees = trees("a", "b", "c");
        assertThat(znodes(trees.at(WrittenFolder.time(100)))).containsOnlyKeys(with(tree(5), "/later"));
        assertThat(znodes(trees("a").at(WrittenFolder.time(100)))).containsOnlyKeys(with(tree(7), "/later"));
    }

    private static List<String> with(List<String> paths, String path) {
        List<String> all = new ArrayList<>(paths);
        all.add(path);
        return all;
    }
}
