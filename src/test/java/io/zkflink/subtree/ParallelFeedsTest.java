// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.Content;
import io.zkflink.path.PathEncoding;
import io.zkflink.path.PathTemplate;
import io.zkflink.path.SegmentType;
import io.zkflink.subtree.state.Change;
import io.zkflink.subtree.state.FeedEvent;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.subtree.state.FeedEvent.WalkEnded;
import io.zkflink.subtree.state.Reconciler;
import io.zkflink.testkit.FakeZooKeeper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Readers that share the rows of a tree: each walks it, and reads those that are its own. */
class ParallelFeedsTest {

    private static final int READERS = 4;

    private final FakeZooKeeper zk = new FakeZooKeeper();
    private final List<Reader> readers = new ArrayList<>();

    @AfterEach
    void close() {
        readers.forEach(reader -> reader.feed.close());
        assertThat(zk.watchCount()).isZero();
    }

    @Test
    void eachRowIsReadByOneReader() throws Exception {
        createTree();
        for (String template : List.of("/r/{a}/{b}", "/r/{*k}")) {
            int rows = template.contains("*") ? 310 : 300;
            assertThat(requests("read", template, 1, false)).isEqualTo(rows);
            assertThat(requests("read", template, READERS, false)).isEqualTo(rows);
        }
    }

    @Test
    void aTreeOfFixedDepthIsListedByEachReaderOnce() throws Exception {
        createTree();
        assertThat(requests("children", "/r/{a}/{b}", READERS, false))
                .isEqualTo(READERS * requests("children", "/r/{a}/{b}", 1, false));
    }

    @Test
    void whereKeysAreEnoughEachZNodeIsListedByEachReaderOnce() throws Exception {
        createTree();
        assertThat(requests("children", "/r/{*k}", READERS, true))
                .isEqualTo(READERS * requests("children", "/r/{*k}", 1, true));
    }

    @Test
    void oneThatIsNotPolledHoldsBackNoOther() throws Exception {
        createTree();
        open("/r/{*k}", READERS, false);
        Reader stuck = readers.remove(0);
        settle();
        readers.add(stuck);
        assertThat(stuck.table).isEmpty();
        readers.remove(stuck);
        Map<String, String> theirs = new TreeMap<>(expected());
        theirs.keySet().removeIf(stuck::wants);
        assertThat(union()).isEqualTo(theirs);
        readers.add(stuck);
        settle();
        assertThat(union()).isEqualTo(expected());
    }

    @Test
    void oneThatLeavesTakesNothingFromTheOthers() throws Exception {
        createTree();
        zk.holdReads();
        open("/r/{*k}", READERS, false);
        pollAll();
        zk.answerAll(); // the syncs
        pollAll();
        assertThat(zk.held()).hasSize(READERS).containsOnly("children /r");
        Reader first = readers.remove(0);
        first.feed.close();
        assertThat(zk.held()).hasSize(READERS - 1);
        zk.releaseReads();
        settle();
        Map<String, String> theirs = expected();
        theirs.keySet().removeIf(first::wants);
        assertThat(union()).isEqualTo(theirs);
    }

    /** The property of the whole connector, with the walks of several readers interleaved at random. */
    @Test
    void togetherTheyAlwaysAmountToTheTree() throws Exception {
        for (int round = 0; round < 300; round++) {
            long seed = 1_000L + round;
            Random random = new Random(seed);
            boolean keysOnly = random.nextInt(4) == 0;
            zk.create("/r", "");
            open("/r/{*k}", 1 + random.nextInt(READERS), keysOnly);
            for (int step = 0; step < 200; step++) {
                step(random);
            }
            zk.reconnect();
            zk.releaseReads();
            settle();
            assertThat(keysOnly ? union().keySet() : union())
                    .as("seed %d", seed)
                    .isEqualTo(keysOnly ? expected().keySet() : expected());
            readers.forEach(reader -> reader.feed.close());
            readers.clear();
            zk.deleteTree("/r");
        }
    }

    private void step(Random random) throws Exception {
        String path = "/r";
        for (int depth = random.nextInt(3); depth >= 0; depth--) {
            path += "/" + random.nextInt(3);
        }
        switch (random.nextInt(12)) {
            case 0, 1, 2 -> {
                if (zk.znode(path).isEmpty()) {
                    zk.create(path, "c" + random.nextInt(100));
                } else {
                    zk.set(path, "s" + random.nextInt(100));
                }
            }
            case 3 -> {
                if (zk.znode(path).isPresent()) {
                    zk.deleteTree(path);
                }
            }
            case 4 -> zk.holdReads();
            case 5 -> zk.releaseReads();
            case 6 -> {
                if (random.nextInt(5) == 0) {
                    zk.lose();
                }
            }
            case 7 -> zk.reconnect();
            case 8 -> readers.get(random.nextInt(readers.size())).feed.walkAgain(0);
            case 9 -> {
                zk.reconnect();
                if (!zk.held().isEmpty()) {
                    zk.answerNext();
                }
            }
            default -> readers.get(random.nextInt(readers.size())).poll();
        }
    }

    private void createTree() {
        zk.create("/r", "");
        for (int i = 0; i < 10; i++) {
            zk.create("/r/" + i, "p" + i);
            for (int j = 0; j < 30; j++) {
                zk.create("/r/" + i + "/" + j, "c" + j);
            }
        }
    }

    /** How many requests of a kind it takes that all readers have read the tree. */
    private int requests(String kind, String template, int count, boolean keysOnly) throws Exception {
        int before = zk.answered().size();
        zk.lose();
        open(template, count, keysOnly);
        zk.reconnect();
        settle();
        assertThat(union().keySet()).hasSize(template.contains("*") ? 310 : 300);
        readers.forEach(reader -> reader.feed.close());
        readers.clear();
        return (int) zk.answered().stream()
                .skip(before)
                .filter(request -> request.startsWith(kind))
                .count();
    }

    private void open(String template, int count, boolean keysOnly) {
        for (int i = 0; i < count; i++) {
            readers.add(new Reader(template, count, i, keysOnly));
        }
        readers.forEach(reader -> reader.feed.open());
    }

    private void pollAll() throws Exception {
        for (Reader reader : readers) {
            reader.poll();
        }
    }

    private void settle() throws Exception {
        for (int idle = 0; idle < 20; ) {
            boolean any = false;
            for (Reader reader : readers) {
                any |= reader.poll();
            }
            idle = any ? 0 : idle + 1;
        }
    }

    private Map<String, String> union() {
        Map<String, String> all = new TreeMap<>();
        readers.forEach(reader -> all.putAll(reader.table));
        return all;
    }

    private Map<String, String> expected() {
        Map<String, String> tree = new TreeMap<>(zk.tree("/r"));
        tree.remove("/r");
        return tree;
    }

    /** One of several that share the rows. */
    private final class Reader {
        private final int count;
        private final int number;
        private final SubtreeFeed feed;
        private final Reconciler reconciler = new Reconciler(false);
        private final Map<String, String> table = new TreeMap<>();

        Reader(String template, int count, int number, boolean keysOnly) {
            this.count = count;
            this.number = number;
            this.feed = new SubtreeFeed(
                    zk,
                    PathTemplate.parse(template, PathEncoding.NONE, name -> SegmentType.STRING),
                    this::wants,
                    0,
                    new FeedSettings(
                            true,
                            true,
                            Duration.ofMillis(1),
                            keysOnly ? Content.KEYS : Content.DATA,
                            Duration.ZERO,
                            false));
        }

        boolean wants(String path) {
            return Math.floorMod(path.hashCode() * 31, count) == number;
        }

        boolean poll() throws Exception {
            List<FeedEvent> seen = feed.poll(0);
            for (FeedEvent event : seen) {
                if (event instanceof Observation observation) {
                    reconciler.observe(observation).ifPresent(this::apply);
                } else if (event instanceof WalkEnded ended) {
                    reconciler.walkEnded(ended, this::apply);
                }
            }
            return !seen.isEmpty();
        }

        private void apply(Change change) {
            if (change instanceof Change.Deleted) {
                table.remove(change.path());
            } else if (change instanceof Change.Created created) {
                table.put(change.path(), new String(created.znode().data(), UTF_8));
            } else if (change instanceof Change.Changed changed) {
                table.put(change.path(), new String(changed.znode().data(), UTF_8));
            } else if (change instanceof Change.Recreated recreated) {
                table.put(change.path(), new String(recreated.znode().data(), UTF_8));
            }
        }
    }
}
