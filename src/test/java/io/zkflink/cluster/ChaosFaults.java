// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.JavaProcess;
import io.zkflink.testkit.ZooKeeperEnsemble;
import io.zkflink.testkit.ZooKeeperProcess;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Does to an ensemble and to a cluster what happens to them. For one thread. */
final class ChaosFaults {

    enum Kind {
        KILL_LEADER,
        PAUSE_LEADER,
        KILL_FOLLOWER,
        PAUSE_FOLLOWER,
        KILL_TASK_MANAGER,
        PAUSE_TASK_MANAGER,
        KILL_JOB_MANAGER,
        PAUSE_JOB_MANAGER;

        boolean isKill() {
            return name().startsWith("KILL");
        }

        boolean isOfJobManager() {
            return name().endsWith("JOB_MANAGER");
        }
    }

    private final ZooKeeperEnsemble ensemble;
    private final FlinkCluster cluster;
    private final Random random;
    /** Whom something is done to at the moment. */
    private final Set<Object> victims = new HashSet<>();

    ChaosFaults(ZooKeeperEnsemble ensemble, FlinkCluster cluster, Random random) {
        this.ensemble = ensemble;
        this.cluster = cluster;
        this.random = random;
    }

    /** Begins a fault; what it gives ends it. */
    Runnable begin(Kind kind) {
        return switch (kind) {
            case KILL_LEADER, PAUSE_LEADER -> begin(kind, server("leader"));
            case KILL_FOLLOWER, PAUSE_FOLLOWER -> begin(kind, server("follower"));
            case KILL_TASK_MANAGER, PAUSE_TASK_MANAGER -> begin(kind, taskManager());
            case KILL_JOB_MANAGER, PAUSE_JOB_MANAGER -> begin(kind, cluster.jobManager());
        };
    }

    private Runnable begin(Kind kind, ZooKeeperProcess server) {
        return begin(
                server, kind.isKill() ? server::kill : server::pause, kind.isKill() ? server::start : server::resume);
    }

    private Runnable begin(Kind kind, JavaProcess process) {
        return begin(
                process,
                kind.isKill() ? process::kill : process::pause,
                kind.isKill() ? process::start : process::resume);
    }

    private Runnable begin(Object victim, Runnable begin, Runnable end) {
        victims.add(victim);
        begin.run();
        return () -> {
            end.run();
            victims.remove(victim);
        };
    }

    /** Restarts the servers one after the other, each when the one before it serves again. */
    void restartServers() {
        List<ZooKeeperProcess> servers = new ArrayList<>(ensemble.servers());
        Collections.shuffle(servers, random);
        servers.forEach(ZooKeeperProcess::restart);
    }

    /** Starts processes of Flink that have ended by themselves, as what runs them would, and says how many. */
    int revive() {
        int revived = 0;
        for (JavaProcess process : List.of(cluster.jobManager(), cluster.taskManager(0), cluster.taskManager(1))) {
            if (!process.isAlive()) {
                process.start();
                revived++;
            }
        }
        return revived;
    }

    private ZooKeeperProcess server(String mode) {
        List<ZooKeeperProcess> found = new ArrayList<>();
        Await.until("there is a " + mode, () -> {
            ensemble.servers().stream()
                    .filter(server -> !victims.contains(server) && server.mode().equals(mode))
                    .forEach(found::add);
            return !found.isEmpty();
        });
        return found.get(random.nextInt(found.size()));
    }

    private JavaProcess taskManager() {
        List<JavaProcess> found = new ArrayList<>(List.of(cluster.taskManager(0), cluster.taskManager(1)));
        found.removeAll(victims);
        return found.get(random.nextInt(found.size()));
    }
}
