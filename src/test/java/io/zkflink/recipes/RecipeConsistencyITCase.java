// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.Contender;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.ScanRun;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperExtension;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whoever queues, releases and dies, and whatever happens to the connection meanwhile: at no time do more rows of a
 * lock say that it is held than it has leases, and once all is quiet the rows say what the queues are.
 *
 * <p>{@code -Drecipes.rounds=N} rounds, {@code -Drecipes.seed=S}; a failure names its seed.
 */
class RecipeConsistencyITCase {

    private static final Logger LOG = LoggerFactory.getLogger(RecipeConsistencyITCase.class);
    private static final int ROUNDS = Integer.getInteger("recipes.rounds", 7);
    private static final long SEED = Long.getLong("recipes.seed", System.nanoTime());
    private static final String ROOT = "/consistency";
    private static final int SESSIONS = 4;

    @RegisterExtension
    static final ZooKeeperExtension ZK = new ZooKeeperExtension();

    private final Contender[] sessions = new Contender[SESSIONS];
    private final List<List<String>> nodes = new ArrayList<>();

    @Test
    void theRowsAreTheQueuesAndNeverGrantTooMuch() throws Exception {
        for (String resource : List.of("a", "b", "c")) {
            ZK.admin().create(ROOT + "/" + resource);
        }
        for (int i = 0; i < SESSIONS; i++) {
            sessions[i] = new Contender(ZK.directConnectString());
            nodes.add(new ArrayList<>());
        }
        try (ScanRun owners = start(", PRIMARY KEY (resource, owner) NOT ENFORCED", 1);
                ScanRun each = start("", 2)) {
            for (int round = 0; round < ROUNDS; round++) {
                long seed = SEED + round;
                Random random = new Random(seed);
                Runnable some = () -> operate(random, 5 + random.nextInt(40));
                some.run();
                int fault = random.nextInt(6);
                switch (fault) {
                    case 0 -> ZK.whileCut(some);
                    case 1 -> ZK.whileBlackholed(some);
                    case 2 -> ZK.expireSessions(some);
                    case 3 -> {
                        ZK.process().restart();
                        some.run();
                    }
                    default -> some.run();
                }
                some.run();
                ZK.reset();
                String story = "seed " + seed + ", fault " + fault;
                await(owners, 1, true, story);
                await(each, 2, false, story);
                LOG.info(
                        "Round {} of {}, {}: {} and {} rows",
                        round,
                        ROUNDS,
                        story,
                        owners.copy().size(),
                        each.copy().size());
            }
        } finally {
            for (Contender session : sessions) {
                session.close();
            }
        }
    }

    private ScanRun start(String key, int leases) {
        Configuration configuration = new Configuration();
        configuration.set(PipelineOptions.OPERATOR_CHAINING, false);
        StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(leases, configuration);
        NodeTables.createAt(
                ZK.connectString(),
                sql,
                "t",
                "resource STRING, owner STRING, `state` STRING METADATA VIRTUAL, `name` STRING METADATA VIRTUAL" + key,
                ROOT + "/{resource}",
                "recipe=lock",
                "lock.max-leases=" + leases,
                "scan.parallelism=" + leases,
                "session-timeout=2 s",
                "retry-wait=200 ms");
        return ScanRun.all(sql, "SELECT resource, owner, name, `state` FROM t");
    }

    private void operate(Random random, int operations) {
        for (int i = 0; i < operations; i++) {
            int session = random.nextInt(SESSIONS);
            List<String> mine = nodes.get(session);
            String resource = ROOT + "/" + "abc".charAt(random.nextInt(3));
            String owner = "o" + random.nextInt(3);
            int operation = random.nextInt(20);
            if (operation == 0) {
                sessions[session].close();
                mine.clear();
            } else if (operation == 1 && !mine.isEmpty()) {
                String node = mine.get(random.nextInt(mine.size()));
                if (ZK.admin().exists(node)) {
                    ZK.admin().set(node, owner);
                }
            } else if (operation < 11) {
                mine.add(sessions[session].lock(resource, owner));
            } else if (operation < 13) {
                mine.add(sessions[session].kazooLock(resource, owner));
            } else if (!mine.isEmpty()) {
                // Mostly those that hold, for they have waited longest.
                sessions[session].release(mine.remove(random.nextInt(Math.min(2, mine.size()))));
            }
        }
    }

    private void await(ScanRun run, int leases, boolean perOwner, String story) {
        Await.untilAsserted("the rows are the queues", () -> assertThat(replay(run, leases))
                .as(story)
                .containsExactlyInAnyOrderElementsOf(tree(leases, perOwner)));
    }

    /** The table that the rows amount to; checks each step on the way. */
    private static List<String> replay(ScanRun run, int leases) {
        List<String> table = new ArrayList<>();
        Map<String, Integer> held = new HashMap<>();
        for (Row row : run.copy()) {
            String text = row.toString().substring(2);
            boolean added = row.getKind() == RowKind.INSERT || row.getKind() == RowKind.UPDATE_AFTER;
            if (added) {
                table.add(text);
            } else if (!table.remove(text)) {
                throw new IllegalStateException("seed " + SEED + ": " + row + " takes back a row of " + table);
            }
            if ("HELD".equals(row.getField(3))) {
                int now = held.merge(row.getFieldAs(0), added ? 1 : -1, Integer::sum);
                if (now > leases) {
                    throw new IllegalStateException("seed " + SEED + ": " + now + " hold at " + row + " of " + table);
                }
            }
        }
        return table;
    }

    private static List<String> tree(int leases, boolean perOwner) {
        List<String> rows = new ArrayList<>();
        for (String resource : ZK.admin().children(ROOT)) {
            List<String> queue = new ArrayList<>(ZK.admin().children(ROOT + "/" + resource));
            queue.sort(Comparator.comparing(name -> name.substring(name.length() - 10)));
            Map<String, String> byKey = new LinkedHashMap<>();
            for (int i = 0; i < queue.size(); i++) {
                String name = queue.get(i);
                String owner = ZK.admin().get(ROOT + "/" + resource + "/" + name);
                byKey.putIfAbsent(
                        perOwner ? owner : name,
                        "[%s, %s, %s, %s]".formatted(resource, owner, name, i < leases ? "HELD" : "WAITING"));
            }
            rows.addAll(byKey.values());
        }
        return rows;
    }
}
