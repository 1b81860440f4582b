// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.ZooKeeperEnsemble;
import io.zkflink.testkit.ZooKeeperProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of what several servers logged, that is told which was committed, whoever led and whoever failed. */
class EnsembleHistoryITCase {

    @TempDir
    Path directory;

    @Test
    @Tag("nightly")
    void leadersAreKilled() throws Exception {
        check(37, 3, 150);
    }

    /** By SQL, too. */
    @Test
    @Tag("nightly")
    void aHundredMoments() throws Exception {
        assertThat(check(38, 14, 150)).hasSizeGreaterThanOrEqualTo(100);
    }

    private List<RandomTransactions.Moment> check(long seed, int rounds, int count) throws Exception {
        Path configuration = Files.write(
                directory.resolve("zoo.cfg"),
                List.of(
                        "server.1=",
                        "server.2=",
                        "server.3=",
                        "initLimit=50",
                        "syncLimit=25",
                        "snapCount=200",
                        "preAllocSize=64"));
        try (ZooKeeperEnsemble ensemble = new ZooKeeperEnsemble(configuration).start()) {
            RandomTransactions transactions = new RandomTransactions(seed, ensemble.connectString());
            for (int round = 0; round < rounds; round++) {
                transactions.run(count);
                ZooKeeperProcess leader = ensemble.leader();
                leader.kill();
                transactions.run(count);
                leader.restart();
            }
            transactions.run(50);
            transactions.moments.add(RandomTransactions.moment(ensemble.connectString()));
            List<String> folders = ensemble.servers().stream()
                    .map(server -> server.dataDirectory().toString())
                    .toList();
            History history = new History(folders, false);
            for (RandomTransactions.Moment moment : transactions.moments) {
                assertThat(TransactionLogITCase.tree(history, moment.time())).isEqualTo(moment.tree());
            }
            // The leader may have removed containers meanwhile.
            RandomTransactions.Moment now = RandomTransactions.moment(ensemble.connectString());
            assertThat(TransactionLogITCase.tree(history, System.currentTimeMillis()))
                    .isEqualTo(now.tree());
            assertThat(TransactionLogITCase.zxids(history))
                    .isEqualTo(TransactionLogITCase.zxidsByZooKeeper(
                            ensemble.leader().dataDirectory()));
            checkBySql(ensemble.connectString(), folders, transactions.moments);
            return transactions.moments;
        }
    }

    private static void checkBySql(String servers, List<String> folders, List<RandomTransactions.Moment> moments)
            throws Exception {
        TableEnvironment sql = PastTablesITCase.catalog(servers, folders);
        for (int i = 0; i < moments.size(); i += 20) {
            RandomTransactions.Moment moment = moments.get(i);
            assertThat(PastTablesITCase.treeAsOf(sql, moment.time())).isEqualTo(PastTablesITCase.belowRoot(moment));
        }
        PastTablesITCase.close(sql);
    }
}
