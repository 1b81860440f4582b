// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.recipes.Completeness;
import io.zkflink.recipes.LockDialect;
import io.zkflink.recipes.QueueRow;
import io.zkflink.recipes.RecipeSettings;
import io.zkflink.source.split.SubtreeSplit;
import io.zkflink.subtree.state.FeedEvent.Observation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * The times of an owner's rows: each contender is another znode, and this machine's clock may be ahead of the server's.
 */
class BucketQueuesTest {

    private static final long AHEAD = 1_000_000;

    private BucketState state = new BucketState(SubtreeSplit.fresh(0), true);
    private BucketQueues queues = queues();
    private final List<String> rows = new ArrayList<>();
    private int sequence;
    private long server = 10;

    private BucketQueues queues() {
        return new BucketQueues(state, RecipeSettings.lock(LockDialect.CURATOR, 1), true, false);
    }

    @Test
    void whoComesBackIsNotOlderThanHisOwnDeletion() {
        String first = come("me");
        look();
        go(first);
        look();
        String second = come("me");
        String other = come("you");
        look();
        assertThat(rows).containsExactly("me 11", "me gone " + AHEAD, "you 14", "me " + AHEAD);
        rows.clear();
        // Told again by a restored scan.
        state = new BucketState(state.toSplit(), true);
        queues = queues();
        go(second);
        look();
        go(other);
        look();
        state = new BucketState(state.toSplit(), true);
        queues = queues();
        come("you");
        look();
        assertThat(rows).contains("me gone " + AHEAD, "you gone " + AHEAD, "you " + AHEAD);
    }

    /** Then the row changes and is not told as gone. */
    @Test
    void whoIsThereAsAnotherZNodeIsNotOlderThanHisRow() {
        String first = come("me");
        look();
        go(first);
        look();
        String second = come("me");
        look();
        go(second);
        come("me");
        rows.clear();
        look();
        assertThat(rows).containsExactly("me " + AHEAD);
    }

    /** With encoded names; a resource that nobody contends for is nobody's row. */
    @Test
    void twoResourcesOfOneKeyAreAnErrorThatNamesBoth() throws Exception {
        PathTemplate contenders = RecipeSettings.lock(LockDialect.CURATOR, 1)
                .contenders(PathTemplate.parse("/locks/{k}", PathEncoding.URL, name -> SegmentType.STRING));
        String first = come("/locks/a+b", "me");
        come("/locks/other", "me");
        look();
        queues.checkKeys(contenders);
        come("/locks/a%20b", "you");
        look();
        assertThatThrownBy(() -> queues.checkKeys(contenders))
                .hasMessageContaining("'/locks/a+b'")
                .hasMessageContaining("'/locks/a%20b'")
                .hasMessageContaining("have the same key in the 'path' '/locks/{k}'");
        go(first);
        look();
        queues.checkKeys(contenders);
    }

    private String come(String owner) {
        return come("/locks/a", owner);
    }

    private String come(String resource, String owner) {
        String path = resource + String.format("/_c_00000000-0000-0000-0000-%012d-lock-%010d", sequence, sequence);
        sequence++;
        server++;
        ZNodeStat stat = new ZNodeStat(server, server, server, server, 0, 0, 0, 1, 2, 0, server);
        ZNode znode = new ZNode(path, owner.getBytes(StandardCharsets.UTF_8), stat);
        queues.observe(new Observation(path, Optional.of(znode), 1, AHEAD, server));
        return path;
    }

    private void go(String path) {
        server++;
        queues.observe(new Observation(path, Optional.empty(), 1, AHEAD, server));
    }

    private void look() {
        queues.evaluate(Completeness.EXACT, (change, goneMillis) -> {
            QueueRow now = change.now();
            rows.add(
                    now == null
                            ? change.before().owner() + " gone " + goneMillis
                            : now.owner() + " " + now.znode().stat().mtime());
        });
    }
}
