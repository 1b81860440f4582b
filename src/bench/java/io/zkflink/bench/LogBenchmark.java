// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.WrittenFolder;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.stream.Stream;
import java.util.zip.Adler32;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.jute.BinaryOutputArchive;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.server.persistence.FileTxnLog;
import org.apache.zookeeper.server.persistence.TxnLog;
import org.apache.zookeeper.server.persistence.Util;
import org.apache.zookeeper.txn.SetDataTxn;
import org.apache.zookeeper.txn.TxnHeader;

/**
 * How fast transaction logs are read: by ZooKeeper's own reader, and through a whole SQL pipeline that filters to a
 * few. Run by {@code mvn -Pbench verify}.
 */
public final class LogBenchmark {

    private static final int RECORDS = Benchmarks.FULL ? 5_000_000 : 1_000_000;
    private static final int RECORDS_PER_FILE = 100_000;
    private static final int PATHS = 10_000;
    private static final byte[] PAYLOAD = "x".repeat(100).getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    private static final String RAW = "ZooKeeper's FileTxnLog";

    private final Figures figures = new Figures("log", RAW);

    private LogBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        LogBenchmark benchmark = new LogBenchmark();
        Path directory = Files.createTempDirectory("zookeeper-log-");
        try {
            benchmark.run(directory);
        } finally {
            try (Stream<Path> files = Files.walk(directory)) {
                files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
            }
        }
        benchmark.figures.save();
        System.exit(0);
    }

    private void run(Path directory) throws Exception {
        Path full = directory.resolve("full");
        Path empty = Files.createDirectories(directory.resolve("empty"));
        write(full);
        TableEnvironment sql = SharedMiniCluster.batchTableEnvironment(1);
        sql.executeSql("CREATE TABLE kept (zxid BIGINT, op STRING) WITH ('connector' = 'blackhole')");
        table(sql, "changes", full, "path STRING", "");
        table(sql, "nothing", empty, "path STRING", "");
        table(sql, "flag", full, "id STRING, v STRING", ", 'path' = '/bench/{id}'");
        figures.rounds(counts -> round(counts, full, sql));
    }

    private void round(boolean counts, Path full, TableEnvironment sql) throws Exception {
        double raw = Timing.seconds(() -> readByZooKeeper(full));
        double start = Timing.seconds(() -> insert(sql, "nothing WHERE path = '/bench/n7'"));
        double filtered = Timing.seconds(() -> insert(sql, "changes WHERE path = '/bench/n7'")) - start;
        double narrowed = Timing.seconds(() -> insert(sql, "flag WHERE id = 'n7'")) - start;
        if (counts) {
            String at = "%,d records of 100 bytes".formatted(RECORDS);
            figures.note(Figures.ROWS_PER_SECOND, RAW, at, RECORDS / raw);
            figures.note(Figures.ROWS_PER_SECOND, "pipeline that filters every change", at, RECORDS / filtered);
            figures.note(Figures.ROWS_PER_SECOND, "pipeline of one znode of a template", at, RECORDS / narrowed);
        }
    }

    private static void table(TableEnvironment sql, String name, Path folder, String columns, String options) {
        sql.executeSql("CREATE TABLE `" + name + "` (" + columns + ", zxid BIGINT METADATA VIRTUAL, op STRING METADATA"
                + " VIRTUAL) WITH ('connector' = 'zookeeper-log', 'log.path' = '" + folder + "'" + options + ")");
    }

    private static void insert(TableEnvironment sql, String from) throws Exception {
        sql.executeSql("INSERT INTO kept SELECT zxid, op FROM " + from).await();
    }

    private static void readByZooKeeper(Path folder) throws IOException {
        long last = 0;
        try (TxnLog.TxnIterator log = new FileTxnLog(folder.toFile()).read(0)) {
            do {
                last = log.getHeader().getZxid();
            } while (log.next());
        }
        if (last != RECORDS) {
            throw new IllegalStateException("Read to " + last);
        }
    }

    private static void write(Path directory) throws IOException {
        WrittenFolder folder = new WrittenFolder(directory);
        for (int first = 1; first <= RECORDS; first += RECORDS_PER_FILE) {
            folder.begin(first);
            try (OutputStream file =
                    new BufferedOutputStream(Files.newOutputStream(folder.log(), StandardOpenOption.APPEND), 1 << 20)) {
                BinaryOutputArchive archive = BinaryOutputArchive.getArchive(file);
                for (int zxid = first; zxid < first + RECORDS_PER_FILE; zxid++) {
                    write(zxid, archive);
                }
            }
        }
    }

    private static void write(long zxid, BinaryOutputArchive archive) throws IOException {
        byte[] entry = Util.marshallTxnEntry(
                new TxnHeader(1, 0, zxid, WrittenFolder.time(zxid), OpCode.setData),
                new SetDataTxn("/bench/n" + zxid % PATHS, PAYLOAD, (int) (zxid / PATHS)),
                null);
        Adler32 checksum = new Adler32();
        checksum.update(entry, 0, entry.length);
        archive.writeLong(checksum.getValue(), "txnEntryCRC");
        Util.writeTxnBytes(archive, entry);
    }
}
