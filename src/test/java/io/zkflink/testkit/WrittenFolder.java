// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.Adler32;
import java.util.zip.CheckedOutputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.jute.BinaryOutputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.persistence.FileHeader;
import org.apache.zookeeper.server.persistence.FileSnap;
import org.apache.zookeeper.server.persistence.FileTxnLog;
import org.apache.zookeeper.server.persistence.Util;
import org.apache.zookeeper.server.util.SerializeUtils;
import org.apache.zookeeper.txn.CreateSessionTxn;
import org.apache.zookeeper.txn.CreateTxn;
import org.apache.zookeeper.txn.DeleteTxn;
import org.apache.zookeeper.txn.ErrorTxn;
import org.apache.zookeeper.txn.MultiTxn;
import org.apache.zookeeper.txn.SetDataTxn;
import org.apache.zookeeper.txn.Txn;
import org.apache.zookeeper.txn.TxnHeader;
import org.xerial.snappy.SnappyOutputStream;

/**
 * A server's folder that a test writes, by ZooKeeper's own classes: transaction by transaction, snapshot by snapshot.
 */
public final class WrittenFolder {

    /** The time of the transaction whose counter is 0; each one is a second later than the one before. */
    public static final long BEGIN = 1_700_000_000_000L;

    private static final int SNAPSHOT_VERSION = 2;
    private static final long COUNTER = 0xffffffffL;

    private final Path folder;
    private Path log;

    public WrittenFolder(Path folder) {
        this.folder = folder;
        folder.toFile().mkdirs();
    }

    public Path path() {
        return folder;
    }

    public Path log() {
        return log;
    }

    /** The transactions that follow go to another file. */
    public WrittenFolder begin(long zxid) {
        log = folder.resolve(Util.makeLogName(zxid));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            new FileHeader(FileTxnLog.TXNLOG_MAGIC, FileTxnLog.VERSION, 0)
                    .serialize(BinaryOutputArchive.getArchive(bytes), "fileheader");
            Files.write(log, bytes.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** Transactions that create {@code /n<zxid>}, from one to another. */
    public WrittenFolder creations(long first, long last) {
        for (long zxid = first; zxid <= last; zxid++) {
            create(zxid, "/n" + zxid);
        }
        return this;
    }

    public WrittenFolder create(long zxid, String path) {
        return create(zxid, path, 0);
    }

    /**
     * A transaction that creates a znode.
     *
     * @param owner the session of an ephemeral znode, or 0
     */
    public WrittenFolder create(long zxid, String path, long owner) {
        return create(zxid, path, owner, 1);
    }

    /**
     * A transaction that creates a znode.
     *
     * @param parentCversion how many children its parent has ever had with it; -1 as servers before 3.4 log it
     */
    public WrittenFolder create(long zxid, String path, long owner, int parentCversion) {
        byte[] data = ("of " + path).getBytes(StandardCharsets.UTF_8);
        return append(
                zxid,
                owner,
                ZooDefs.OpCode.create,
                new CreateTxn(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, owner != 0, parentCversion));
    }

    public WrittenFolder set(long zxid, String path, byte[] data) {
        return append(zxid, 0, ZooDefs.OpCode.setData, new SetDataTxn(path, data, 1));
    }

    public WrittenFolder delete(long zxid, String path) {
        return append(zxid, 0, ZooDefs.OpCode.delete, new DeleteTxn(path));
    }

    /** One transaction that creates several znodes. */
    public WrittenFolder multi(long zxid, String... paths) {
        List<Txn> parts = Arrays.stream(paths)
                .map(path -> new Txn(
                        ZooDefs.OpCode.create, bytes(new CreateTxn(path, null, ZooDefs.Ids.OPEN_ACL_UNSAFE, false, 1))))
                .toList();
        return append(zxid, 0, ZooDefs.OpCode.multi, new MultiTxn(parts));
    }

    /** One transaction of one part. */
    public WrittenFolder multiSet(long zxid, String path, byte[] data) {
        return append(
                zxid,
                0,
                ZooDefs.OpCode.multi,
                new MultiTxn(List.of(new Txn(ZooDefs.OpCode.setData, bytes(new SetDataTxn(path, data, 1))))));
    }

    private static byte[] bytes(Record record) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            record.serialize(BinaryOutputArchive.getArchive(bytes), "txn");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    public WrittenFolder createSession(long zxid, long session) {
        return append(zxid, session, ZooDefs.OpCode.createSession, new CreateSessionTxn(30_000));
    }

    /** As servers before 3.6 write it: without the znodes that go with the session. */
    public WrittenFolder closeSession(long zxid, long session) {
        return append(zxid, session, ZooDefs.OpCode.closeSession, null);
    }

    public static long time(long zxid) {
        return BEGIN + 1_000 * (zxid & COUNTER);
    }

    private WrittenFolder append(long zxid, long session, int type, Record txn) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            byte[] entry = Util.marshallTxnEntry(new TxnHeader(session, 0, zxid, time(zxid), type), txn, null);
            Adler32 checksum = new Adler32();
            checksum.update(entry, 0, entry.length);
            BinaryOutputArchive archive = BinaryOutputArchive.getArchive(bytes);
            archive.writeLong(checksum.getValue(), "txnEntryCRC");
            Util.writeTxnBytes(archive, entry);
            Files.write(log, bytes.toByteArray(), StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /**
     * A snapshot as servers before 3.6 write it, which does not say where it ends.
     *
     * @param owners the sessions of its znodes, by path; 0 for persistent ones
     * @param suffix of its name, which says how it is compressed
     */
    public Path snapshot(long zxid, Map<String, Long> owners, String suffix) {
        Path file = folder.resolve(Util.makeSnapshotName(zxid) + suffix);
        try (OutputStream out = compressed(Files.newOutputStream(file), suffix)) {
            DataTree tree = tree(zxid, owners);
            CheckedOutputStream checked = new CheckedOutputStream(out, new Adler32());
            BinaryOutputArchive archive = new BinaryOutputArchive(new DataOutputStream(checked));
            new FileHeader(FileSnap.SNAP_MAGIC, SNAPSHOT_VERSION, -1).serialize(archive, "fileheader");
            SerializeUtils.serializeSnapshot(tree, archive, Map.of());
            archive.writeLong(checked.getChecksum().getValue(), "val");
            archive.writeString("/", "path");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }

    private static DataTree tree(long zxid, Map<String, Long> owners) {
        DataTree tree = new DataTree();
        owners.forEach((path, owner) -> {
            byte[] data = ("of " + path).getBytes(StandardCharsets.UTF_8);
            try {
                tree.createNode(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, owner, -1, zxid, time(zxid));
            } catch (KeeperException e) {
                throw new IllegalArgumentException(e);
            }
        });
        return tree;
    }

    /**
     * A snapshot as servers of today write it.
     *
     * @param zxid of its name: the last transaction that is surely part of it
     * @param end the last transaction before the snapshot ended
     * @param paths of its znodes
     */
    public Path snapshot(long zxid, long end, String... paths) {
        Map<String, Long> owners = new LinkedHashMap<>();
        Arrays.stream(paths).forEach(path -> owners.put(path, 0L));
        DataTree tree = tree(zxid, owners);
        tree.processTxn(new TxnHeader(0, 0, end, time(end), ZooDefs.OpCode.error), new ErrorTxn(0));
        Path file = folder.resolve(Util.makeSnapshotName(zxid));
        try {
            new FileSnap(folder.toFile()).serialize(tree, new HashMap<>(), file.toFile(), false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }

    public Path snapshot(long zxid, Map<String, Long> owners) {
        return snapshot(zxid, owners, "");
    }

    private static OutputStream compressed(OutputStream out, String suffix) throws IOException {
        return switch (suffix) {
            case ".gz" -> new GZIPOutputStream(out);
            case ".snappy" -> new SnappyOutputStream(out);
            default -> out;
        };
    }
}
