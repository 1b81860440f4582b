// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.subtree.state.FeedEvent.Observation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Znodes that have the same key because their names differ only in encoding. */
class UniqueKeysTest {

    private final PathTemplate template = PathTemplate.parse("/r/{k}", PathEncoding.URL, column -> SegmentType.STRING);
    private final Reconciler reconciler = new Reconciler(false);
    private final List<String> changes = new ArrayList<>();
    private UniqueKeys keys = new UniqueKeys(template, reconciler);

    @Test
    void namesOfOneTextAreTwoZnodesOfOneKey() {
        see("a b", 1, "/r/a+b", "/r/a%20b");
        assertThat(changes).containsExactly("Created /r/a+b");
        assertThatThrownBy(keys::check)
                .isInstanceOf(ZooKeeperException.class)
                .hasMessage("The znodes '/r/a+b' and '/r/a%20b' have the same key in the 'path' '/r/{k}': with"
                        + " 'path.encoding' = 'url' both names mean the same text. Delete one of them, or set"
                        + " 'path.encoding' = 'none'.");
        assertThatThrownBy(() -> keys.walkEnded(1)).isInstanceOf(ZooKeeperException.class);
    }

    @Test
    void theOtherNameHasTheKeyWhenTheFirstIsGone() throws Exception {
        see("a b", 1, "/r/a+b", "/r/a%20b");
        gone("/r/a+b");
        keys.check();
        assertThat(changes).containsExactly("Created /r/a+b", "Deleted /r/a+b", "Created /r/a%20b");
        see("a b", 1, "/r/a+b");
        gone("/r/a%20b");
        keys.check();
        assertThat(changes.subList(3, 5)).containsExactly("Deleted /r/a%20b", "Created /r/a+b");
    }

    @Test
    void whoWaitsMayGoBeforeTheFirst() throws Exception {
        see("a b", 1, "/r/a+b", "/r/a%20b");
        gone("/r/a%20b");
        keys.check();
        gone("/r/a+b");
        assertThat(changes).containsExactly("Created /r/a+b", "Deleted /r/a+b");
    }

    /** The walk finds the new name while the old one, which is gone, is still known. */
    @Test
    void aRenameThatAWalkFinds() throws Exception {
        see("a b", 1, "/r/a%20b");
        keys = new UniqueKeys(template, reconciler);
        see("a b", 2, "/r/a+b");
        reconciler.walkEnded(new FeedEvent.WalkEnded(2, 0, 0), change -> changes.add("Deleted " + change.path()));
        observe(keys.walkEnded(2));
        assertThat(changes).containsExactly("Created /r/a%20b", "Deleted /r/a%20b", "Created /r/a+b");
        assertThat(reconciler.known()).containsOnlyKeys("/r/a+b");
    }

    /** The znode that waited was last seen before the walk, which has not met it. */
    @Test
    void whatAWalkHasNotSeenDoesNotWait() throws Exception {
        see("a b", 1, "/r/a+b", "/r/a%20b");
        see("a b", 2, "/r/a+b");
        reconciler.walkEnded(new FeedEvent.WalkEnded(2, 0, 0), change -> changes.add("Deleted " + change.path()));
        observe(keys.walkEnded(2));
        assertThat(changes).containsExactly("Created /r/a+b");
    }

    private void see(String text, int walk, String... paths) {
        for (String path : paths) {
            assertThat(template.match(path)).containsExactly(text);
            observe(keys.admit(new Observation(path, Optional.of(ZNode.existing(path)), walk, 0, 0)));
        }
    }

    private void gone(String path) {
        observe(keys.admit(new Observation(path, Optional.empty(), 1, 0, 0)));
    }

    private void observe(List<Observation> admitted) {
        admitted.forEach(each -> reconciler
                .observe(each)
                .ifPresent(change -> changes.add(change.getClass().getSimpleName() + " " + change.path())));
    }
}
