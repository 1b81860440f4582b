// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.history.tree.PastTrees;
import io.zkflink.history.tree.TreeAt;
import io.zkflink.history.tree.WantedZNodes;
import io.zkflink.testkit.ZooKeeperProcess;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.zookeeper.server.persistence.FileTxnLog;
import org.apache.zookeeper.server.persistence.TxnLog;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What real servers wrote is read as they meant it, whatever they did, and whatever happened to the files. */
class TransactionLogITCase {

    private static ZooKeeperProcess.Builder server() {
        return ZooKeeperProcess.builder()
                .property("zookeeper.snapCount", "150")
                .property("zookeeper.preAllocSize", "64")
                .property("znode.container.checkIntervalMs", "200");
    }

    @Test
    @Tag("nightly")
    void theTreeAtAnyMomentIsTheTreeThatWas() throws Exception {
        checkMoments(server(), 7, 1500);
    }

    @Test
    @Tag("nightly")
    void compressedSnapshotsAreRead() throws Exception {
        checkMoments(server().property("zookeeper.snapshot.compression.method", "gz"), 17, 500);
        checkMoments(server().property("zookeeper.snapshot.compression.method", "snappy"), 18, 500);
    }

    /** Servers before 3.6 log that a session ended, and not which znodes went with it. */
    @Test
    @Tag("nightly")
    void ephemeralZNodesOfOldServersAreTracked() throws Exception {
        checkMoments(server().version("3.5.10"), 27, 800);
    }

    @ParameterizedTest
    @ValueSource(strings = {"3.6.4", "3.7.2", "3.8.6"})
    @Tag("nightly")
    void filesOfOtherVersionsAreRead(String version) throws Exception {
        checkMoments(server().version(version), 47, 800);
    }

    private static void checkMoments(ZooKeeperProcess.Builder builder, long seed, int count) throws Exception {
        try (ZooKeeperProcess server = builder.build().start()) {
            RandomTransactions transactions = new RandomTransactions(seed, server.connectString());
            transactions.run(count);
            server.restart();
            transactions.run(count / 3);
            transactions.moments.add(RandomTransactions.moment(server.connectString()));
            History history = new History(List.of(server.dataDirectory().toString()), false);
            for (RandomTransactions.Moment moment : transactions.moments) {
                assertThat(tree(history, moment.time())).isEqualTo(moment.tree());
            }
            assertThat(zxids(history)).isEqualTo(zxidsByZooKeeper(server.dataDirectory()));
            assertThat(replayed(history)).isEqualTo(paths(transactions.moments.get(transactions.moments.size() - 1)));
        }
    }

    static Set<String> paths(RandomTransactions.Moment moment) {
        Set<String> paths = new TreeSet<>(moment.tree().keySet());
        paths.remove("/");
        return paths;
    }

    /** What is there after all creations and deletions of the log. */
    static Set<String> replayed(History history) throws IOException {
        Set<String> paths = new TreeSet<>();
        TransactionDecoder decoder = history.decoder();
        try (CommittedLog log = history.logAfter(-1, false)) {
            for (LogRecord record = log.next(); record != null; record = log.next()) {
                for (Operation operation : decoder.decode(record).operations()) {
                    switch (operation.kind()) {
                        case CREATE -> assertThat(paths.add(operation.path())).isTrue();
                        case DELETE ->
                            assertThat(paths.remove(operation.path())).isTrue();
                        case SET, SET_ACL -> {}
                    }
                }
            }
        }
        return paths;
    }

    static SortedMap<String, String> tree(History history, long time) throws IOException {
        SortedMap<String, String> tree = tree(history, time, WantedZNodes.ALL);
        SortedMap<String, String> some = new TreeMap<>(tree);
        some.keySet().removeIf(path -> !isWanted(path));
        assertThat(tree(history, time, new WantedZNodes(TransactionLogITCase::isWanted, true, true)))
                .isEqualTo(some);
        return tree;
    }

    private static boolean isWanted(String path) {
        return path.hashCode() % 3 == 0;
    }

    private static SortedMap<String, String> tree(History history, long time, WantedZNodes wanted) throws IOException {
        SortedMap<String, String> tree = new TreeMap<>();
        try (TreeAt at = new PastTrees(history).at(time, wanted)) {
            for (ZNode znode = at.next(); znode != null; znode = at.next()) {
                if (!znode.path().startsWith("/zookeeper")) {
                    tree.put(znode.path(), new String(znode.data(), StandardCharsets.UTF_8) + " " + text(znode.stat()));
                }
            }
        }
        return tree;
    }

    private static String text(ZNodeStat stat) {
        return List.of(
                        stat.czxid(),
                        stat.mzxid(),
                        stat.ctime(),
                        stat.mtime(),
                        stat.version(),
                        stat.cversion(),
                        stat.aversion(),
                        stat.ephemeralOwner(),
                        stat.numChildren(),
                        stat.pzxid())
                .toString();
    }

    static List<Long> zxids(History history) throws IOException {
        List<Long> zxids = new ArrayList<>();
        try (CommittedLog log = history.logAfter(-1, false)) {
            for (LogRecord record = log.next(); record != null; record = log.next()) {
                zxids.add(record.zxid());
            }
        }
        return zxids;
    }

    static List<Long> zxidsByZooKeeper(Path directory) throws IOException {
        List<Long> zxids = new ArrayList<>();
        File folder = directory.resolve("version-2").toFile();
        try (TxnLog.TxnIterator iterator = new FileTxnLog(folder).read(0)) {
            do {
                zxids.add(iterator.getHeader().getZxid());
            } while (iterator.next());
        }
        return zxids;
    }

    @Test
    void damageIsNeverAWrongRow(@TempDir Path copies) throws Exception {
        try (ZooKeeperProcess server = server().build().start()) {
            new RandomTransactions(8, server.connectString()).run(600);
            server.kill();
            Path source = server.dataDirectory().resolve("version-2");
            List<Long> all = zxids(new History(List.of(source.toString()), false));
            java.util.Random random = new java.util.Random(9);
            List<Path> logs;
            try (var files = Files.list(source)) {
                logs = files.filter(file -> file.getFileName().toString().startsWith("log."))
                        .sorted()
                        .toList();
            }
            for (int i = 0; i < 200; i++) {
                Path copy = Files.createDirectory(copies.resolve("copy" + i));
                for (Path log : logs) {
                    Files.copy(log, copy.resolve(log.getFileName()));
                }
                Path victim = copy.resolve(logs.get(random.nextInt(logs.size())).getFileName());
                byte[] bytes = Files.readAllBytes(victim);
                int used = bytes.length;
                while (bytes[used - 1] == 0) {
                    used--;
                }
                boolean flip = i % 2 == 0;
                int at = random.nextInt(used);
                if (flip) {
                    bytes[at] ^= (byte) (1 << random.nextInt(8));
                    Files.write(victim, bytes);
                } else {
                    Files.write(victim, java.util.Arrays.copyOf(bytes, at));
                }
                History history = new History(List.of(copy.toString()), false);
                try {
                    List<Long> read = zxids(history);
                    assertThat(all).as("%s %s at %d", flip, victim, at).startsWith(read.toArray(Long[]::new));
                    if (read.size() < all.size()) {
                        boolean newest =
                                victim.getFileName().equals(newest(logs).getFileName());
                        assertThat(newest && !flip)
                                .as("%s %s at %d of %d", flip, victim, at, used)
                                .isTrue();
                    }
                } catch (IOException e) {
                    assertThat(e)
                            .as("%s %s at %d", flip, victim, at)
                            .hasMessageContaining(victim.getFileName().toString());
                }
            }
            Path copy = Files.createDirectory(copies.resolve("missing"));
            for (Path log : logs) {
                if (log != logs.get(1)) {
                    Files.copy(log, copy.resolve(log.getFileName()));
                }
            }
            assertThatThrownBy(() -> zxids(new History(List.of(copy.toString()), false)))
                    .hasMessageContaining("Transactions are missing between")
                    .hasMessageContaining(copy.toString());
        }
    }

    private static Path newest(List<Path> logs) {
        return logs.stream()
                .max(java.util.Comparator.comparingLong(
                        log -> Long.parseLong(log.getFileName().toString().substring(4), 16)))
                .orElseThrow();
    }
}
