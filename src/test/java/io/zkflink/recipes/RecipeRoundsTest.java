// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.recipes.ContenderChange.What;
import io.zkflink.subtree.FeedRounds;
import io.zkflink.subtree.state.Change;
import io.zkflink.subtree.state.FeedEvent.Observation;
import io.zkflink.subtree.state.Reconciler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * A queue on a server that changes while it is read, with every liberty that a feed has: events are delivered at any
 * time after their transaction but before an answer that shows it, reads are sent in the order of the events and
 * answered in any order. Nobody may be granted a lock that he never held.
 */
class RecipeRoundsTest {

    private static final long SEED = Long.getLong("rounds.seed", System.nanoTime());
    private static final int RUNS = Integer.getInteger("rounds.runs", 1_000);
    private static final List<String> EXCLUSIVE = List.of("lock-");
    private static final List<String> READ_WRITE = List.of("__READ__", "__WRIT__", "__rlock__", "__lock__", "lock-");

    @Test
    void nobodyIsGrantedWhatHeNeverHeld() {
        int rounds = 0;
        for (int run = 0; run < RUNS; run++) {
            List<String> markers = run % 2 == 0 ? EXCLUSIVE : READ_WRITE;
            Simulation simulation =
                    new Simulation(new Random(SEED + run), markers, 1 + run % 3, "seed " + (SEED + run));
            simulation.run();
            rounds += simulation.grantsInRounds;
        }
        // Else this has not tested what it is about.
        assertThat(rounds).isGreaterThan(RUNS / 10);
    }

    private static final class Simulation {
        private final Random random;
        private final List<String> markers;
        private final int leases;
        private final String story;
        private final ResourceQueue queue;

        // The server.
        private final TreeMap<Integer, ZNode> tree = new TreeMap<>();
        private final Set<String> everHeld = new HashSet<>();
        private final ArrayDeque<String> events = new ArrayDeque<>();
        private long zxid;
        private int sequence;

        // The feed.
        private final LinkedHashSet<String> reported = new LinkedHashSet<>();
        private final Map<Long, String> underWay = new TreeMap<>();
        private final FeedRounds rounds = new FeedRounds();

        // The task.
        private final Reconciler reconciler = new Reconciler(true);
        private final Map<String, Observation> seen = new LinkedHashMap<>();
        private final Map<String, QueueRow> rows = new HashMap<>();
        private int grantsInRounds;

        Simulation(Random random, List<String> markers, int leases, String story) {
            this.random = random;
            this.markers = markers;
            this.leases = leases;
            this.story = story;
            this.queue = ResourceQueue.of(RecipeSettings.lock(LockDialect.CURATOR, leases), false, false);
        }

        void run() {
            for (int step = 0; step < 200; step++) {
                switch (random.nextInt(5)) {
                    case 0 -> transaction();
                    case 1 -> deliver();
                    case 2 -> send();
                    default -> answer();
                }
                mark();
            }
            while (!events.isEmpty() || !reported.isEmpty() || !underWay.isEmpty()) {
                deliver();
                send();
                answer();
                mark();
            }
            evaluate(Completeness.EXACT);
            Set<String> held = new TreeSet<>();
            rows.forEach((path, row) -> {
                if (row.granted()) {
                    held.add(path);
                }
            });
            assertThat(held).as(story).isEqualTo(new TreeSet<>(first()));
            assertThat(rows).as(story).hasSize(tree.size());
        }

        private List<String> first() {
            List<String> all = tree.values().stream().map(ZNode::path).toList();
            return all.stream()
                    .filter(path -> isServed(path, all.subList(0, all.indexOf(path))))
                    .toList();
        }

        /** As the libraries decide it, each by itself. */
        private boolean isServed(String path, List<String> before) {
            if (isReader(path)) {
                return before.stream().allMatch(Simulation::isReader);
            }
            boolean isAlone = path.contains("__WRIT__");
            return before.size() < (isAlone ? 1 : leases)
                    && before.stream().noneMatch(each -> isReader(each) || each.contains("__WRIT__"));
        }

        private static boolean isReader(String path) {
            return path.contains("__READ__") || path.contains("__rlock__");
        }

        private void transaction() {
            zxid++;
            if (tree.size() < 2 || random.nextInt(3) == 0) {
                String path = String.format("/r/%s%010d", markers.get(random.nextInt(markers.size())), sequence);
                ZNodeStat stat = new ZNodeStat(zxid, zxid, 0, 0, 0, 0, 0, 1, 0, 0, 0);
                tree.put(sequence++, new ZNode(path, new byte[0], stat));
                events.add(path);
            } else if (random.nextInt(4) == 0) {
                // Its data is set.
                ZNode znode = any();
                ZNodeStat stat = new ZNodeStat(znode.stat().czxid(), zxid, 0, 0, 1, 0, 0, 1, 0, 0, 0);
                tree.replaceAll((key, value) ->
                        value.path().equals(znode.path()) ? new ZNode(znode.path(), new byte[0], stat) : value);
                events.add(znode.path());
            } else {
                // A session ends that may have several.
                for (int i = random.nextInt(3); i >= 0 && !tree.isEmpty(); i--) {
                    ZNode znode = random.nextBoolean() ? tree.firstEntry().getValue() : any();
                    tree.values().remove(znode);
                    events.add(znode.path());
                }
            }
            everHeld.addAll(first());
        }

        private ZNode any() {
            return new ArrayList<>(tree.values()).get(random.nextInt(tree.size()));
        }

        private void deliver() {
            if (!events.isEmpty()) {
                reported.add(events.poll());
            }
        }

        private void send() {
            for (int i = random.nextInt(3); i >= 0 && !reported.isEmpty(); i--) {
                String path = reported.iterator().next();
                reported.remove(path);
                underWay.put(rounds.send(), path);
            }
        }

        private void answer() {
            if (underWay.isEmpty()) {
                return;
            }
            while (!events.isEmpty()) {
                deliver();
            }
            List<Long> reads = new ArrayList<>(underWay.keySet());
            // Often the one that was sent last, before those that it might overtake.
            long read = reads.get(random.nextBoolean() ? reads.size() - 1 : random.nextInt(reads.size()));
            String path = underWay.remove(read);
            rounds.answered(read);
            Optional<ZNode> znode = tree.values().stream()
                    .filter(each -> each.path().equals(path))
                    .findFirst();
            seen.put(path, new Observation(path, znode, 1, 0, 0));
        }

        private void mark() {
            if (underWay.isEmpty() && reported.isEmpty()) {
                evaluate(Completeness.EXACT);
                rounds.begin(0);
            } else if (rounds.areOver()) {
                evaluate(Completeness.ROUND);
                rounds.begin(reported.size());
            }
        }

        private void evaluate(Completeness completeness) {
            List<ContenderChange> news = new ArrayList<>();
            seen.values().forEach(observation -> {
                Change change = reconciler.observe(observation).orElse(null);
                String name = observation.path().substring(3);
                if (change instanceof Change.Created created) {
                    news.add(new ContenderChange(name, What.NEW, created.now()));
                } else if (change instanceof Change.Changed changed) {
                    news.add(new ContenderChange(name, What.CHANGED, changed.now()));
                } else if (observation.znode().isEmpty()) {
                    news.add(new ContenderChange(name, What.GONE, null));
                }
            });
            seen.clear();
            for (QueueRow.Change change : queue.evaluate(news, completeness, name -> {})) {
                apply(change, completeness);
            }
        }

        private void apply(QueueRow.Change change, Completeness completeness) {
            if (change.before() != null) {
                assertThat(rows.remove(change.before().znode().path()))
                        .as(story)
                        .isEqualTo(change.before());
            }
            QueueRow now = change.now();
            if (now != null) {
                assertThat(rows.put(now.znode().path(), now)).as(story).isNull();
                if (now.granted()
                        && (change.before() == null || !change.before().granted())) {
                    assertThat(everHeld).as(story).contains(now.znode().path());
                    grantsInRounds += completeness == Completeness.ROUND ? 1 : 0;
                }
            }
            List<String> granted = rows.values().stream()
                    .filter(QueueRow::granted)
                    .map(row -> row.znode().path())
                    .toList();
            long readers = granted.stream().filter(Simulation::isReader).count();
            assertThat(granted.size() - readers).as(story).isLessThanOrEqualTo(readers > 0 ? 0 : leases);
        }
    }
}
