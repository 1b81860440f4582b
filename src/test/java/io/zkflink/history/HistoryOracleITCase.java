// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.ZooKeeperEnsemble;
import io.zkflink.testkit.ZooKeeperProcess;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.jute.BinaryInputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.server.persistence.FileTxnLog;
import org.apache.zookeeper.server.persistence.TxnLog;
import org.apache.zookeeper.txn.CloseSessionTxn;
import org.apache.zookeeper.txn.CreateContainerTxn;
import org.apache.zookeeper.txn.CreateTTLTxn;
import org.apache.zookeeper.txn.CreateTxn;
import org.apache.zookeeper.txn.DeleteTxn;
import org.apache.zookeeper.txn.MultiTxn;
import org.apache.zookeeper.txn.SetACLTxn;
import org.apache.zookeeper.txn.SetDataTxn;
import org.apache.zookeeper.txn.Txn;
import org.apache.zookeeper.txn.TxnHeader;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tens of thousands of random transactions on an ensemble whose leaders are killed: what is told of all three servers'
 * files is what ZooKeeper's own reader finds in the last leader's (and, where that got a snapshot instead, in
 * another's), and has what the clients were told, each once. {@code -Doracle.transactions=50000},
 * {@code -Doracle.seed=S}.
 */
@Tag("nightly")
class HistoryOracleITCase {

    private static final int TRANSACTIONS = Integer.getInteger("oracle.transactions", 50_000);
    private static final long SEED = Long.getLong("oracle.seed", 50);
    private static final int ROUNDS = 10;

    @TempDir
    Path directory;

    @Test
    void allThatWasCommittedIsToldOnce() throws Exception {
        Path configuration = Files.write(
                directory.resolve("zoo.cfg"),
                List.of(
                        "server.1=",
                        "server.2=",
                        "server.3=",
                        "initLimit=50",
                        "syncLimit=25",
                        "snapCount=5000",
                        "preAllocSize=1024"));
        try (ZooKeeperEnsemble ensemble = new ZooKeeperEnsemble(configuration).start()) {
            RandomTransactions transactions =
                    new RandomTransactions(SEED, ensemble.connectString(), TRANSACTIONS / 100);
            for (int round = 0; round < ROUNDS; round++) {
                transactions.run(TRANSACTIONS / ROUNDS / 2);
                ZooKeeperProcess leader = ensemble.leader();
                leader.kill();
                transactions.run(TRANSACTIONS / ROUNDS / 2);
                leader.restart();
            }
            transactions.moments.add(RandomTransactions.moment(ensemble.connectString()));
            List<String> folders = ensemble.servers().stream()
                    .map(server -> server.dataDirectory().toString())
                    .toList();
            History history = new History(folders, false);
            SortedMap<Long, List<String>> told = told(history);
            int missing = checkByZooKeeper(told, ensemble);
            checkDone(told, transactions.done);
            for (RandomTransactions.Moment moment : transactions.moments) {
                assertThat(TransactionLogITCase.tree(history, moment.time())).isEqualTo(moment.tree());
            }
            System.out.printf(
                    "%d transactions told, %d of which the leader got as a snapshot; %d answers found in them, %d trees equal"
                            + " (seed %d)%n",
                    told.size(), missing, transactions.done.size(), transactions.moments.size(), SEED);
        }
    }

    /** A server that was away may have got a snapshot of what it missed; the others have logged that. */
    private static int checkByZooKeeper(SortedMap<Long, List<String>> told, ZooKeeperEnsemble ensemble)
            throws IOException {
        SortedMap<Long, List<String>> byLeader = byZooKeeper(ensemble.leader().dataDirectory());
        SortedMap<Long, List<String>> others = new TreeMap<>();
        for (ZooKeeperProcess server : ensemble.servers()) {
            others.putAll(byZooKeeper(server.dataDirectory()));
        }
        SortedMap<Long, List<String>> expected = new TreeMap<>(byLeader);
        told.keySet().stream()
                .filter(zxid -> !byLeader.containsKey(zxid))
                .forEach(zxid -> expected.put(zxid, others.get(zxid)));
        assertThat(told.keySet()).isEqualTo(expected.keySet());
        told.forEach((zxid, rows) -> assertThat(rows).as("%x", zxid).isEqualTo(expected.get(zxid)));
        return expected.size() - byLeader.size();
    }

    private static void checkDone(SortedMap<Long, List<String>> told, List<RandomTransactions.Done> done) {
        Map<String, Integer> counts = new HashMap<>();
        for (String row : told.values().stream().flatMap(List::stream).toList()) {
            String[] columns = row.split(" ", -1);
            if (columns[2].equals("SET") || columns[2].equals("CREATE")) {
                counts.merge(columns[0] + " " + columns[3] + " " + columns[4], 1, Integer::sum);
            }
        }
        assertThat(done).isNotEmpty().allSatisfy(each -> assertThat(
                        counts.get(each.zxid() + " " + each.path() + " " + each.data()))
                .as("%s", each)
                .isEqualTo(1));
    }

    /** Zxid, session and time, operation, path, data. */
    private static SortedMap<Long, List<String>> told(History history) throws IOException {
        SortedMap<Long, List<String>> told = new TreeMap<>();
        TransactionDecoder decoder = history.decoder();
        try (CommittedLog log = history.logAfter(-1, false)) {
            for (LogRecord record = log.next(); record != null; record = log.next()) {
                Transaction transaction = decoder.decode(record);
                List<String> rows = new ArrayList<>();
                assertThat(told.put(transaction.zxid(), rows)).isNull();
                for (Operation operation : transaction.operations()) {
                    boolean hasData =
                            operation.kind() == Operation.Kind.CREATE || operation.kind() == Operation.Kind.SET;
                    rows.add(transaction.zxid() + " " + transaction.session() + "@" + transaction.time() + " "
                            + operation.kind() + " " + operation.path()
                            + (hasData ? " " + text(operation.data()) : ""));
                }
            }
        }
        return told;
    }

    private static String text(byte[] data) {
        return data == null ? "null" : new String(data, StandardCharsets.UTF_8);
    }

    private static SortedMap<Long, List<String>> byZooKeeper(Path directory) throws IOException {
        SortedMap<Long, List<String>> all = new TreeMap<>();
        File folder = directory.resolve("version-2").toFile();
        try (TxnLog.TxnIterator iterator = new FileTxnLog(folder).read(0)) {
            do {
                TxnHeader header = iterator.getHeader();
                String prefix = header.getZxid() + " " + header.getClientId() + "@" + header.getTime() + " ";
                List<String> rows = new ArrayList<>();
                add(header.getType(), iterator.getTxn(), prefix, rows);
                all.put(header.getZxid(), rows);
            } while (iterator.next());
        }
        return all;
    }

    private static void add(int type, Record txn, String prefix, List<String> to) throws IOException {
        if (type == OpCode.error) {
            return;
        }
        if (txn instanceof CreateTxn create) {
            to.add(prefix + "CREATE " + create.getPath() + " " + text(create.getData()));
        } else if (txn instanceof CreateTTLTxn create) {
            to.add(prefix + "CREATE " + create.getPath() + " " + text(create.getData()));
        } else if (txn instanceof CreateContainerTxn create) {
            to.add(prefix + "CREATE " + create.getPath() + " " + text(create.getData()));
        } else if (txn instanceof DeleteTxn delete) {
            to.add(prefix + "DELETE " + delete.getPath());
        } else if (txn instanceof SetDataTxn set) {
            to.add(prefix + "SET " + set.getPath() + " " + text(set.getData()));
        } else if (txn instanceof SetACLTxn set) {
            to.add(prefix + "SET_ACL " + set.getPath());
        } else if (txn instanceof CloseSessionTxn close) {
            close.getPaths2Delete().forEach(path -> to.add(prefix + "DELETE " + path));
        } else if (txn instanceof MultiTxn multi) {
            addAll(multi, prefix, to);
        }
    }

    private static void addAll(MultiTxn multi, String prefix, List<String> to) throws IOException {
        if (multi.getTxns().stream().anyMatch(part -> part.getType() == OpCode.error)) {
            return;
        }
        for (Txn part : multi.getTxns()) {
            Record record = part.getType() == OpCode.setData
                    ? new SetDataTxn()
                    : part.getType() == OpCode.delete ? new DeleteTxn() : new CreateTxn();
            if (part.getType() != OpCode.check) {
                record.deserialize(BinaryInputArchive.getArchive(new ByteArrayInputStream(part.getData())), "txn");
                add(part.getType(), record, prefix, to);
            }
        }
    }
}
