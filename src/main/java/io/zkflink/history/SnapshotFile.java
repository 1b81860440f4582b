// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.Adler32;
import java.util.zip.CheckedInputStream;
import java.util.zip.GZIPInputStream;
import org.apache.flink.annotation.Internal;
import org.apache.flink.core.fs.Path;
import org.apache.jute.BinaryInputArchive;
import org.apache.jute.InputArchive;
import org.apache.zookeeper.data.StatPersisted;
import org.apache.zookeeper.server.DataNode;
import org.apache.zookeeper.server.ReferenceCountedACLCache;
import org.apache.zookeeper.server.persistence.FileHeader;
import org.apache.zookeeper.server.persistence.FileSnap;
import org.apache.zookeeper.server.persistence.SnapStream;

/**
 * Reads a snapshot znode by znode, parents before their children, and holds one of them at a time.
 *
 * <p>A snapshot is written while transactions go on: it has what its name says, and maybe some of what came later.
 * {@link #end} says where that ends. Used by one thread.
 */
@Internal
public final class SnapshotFile implements AutoCloseable {

    /** The end of a snapshot says nothing of transactions; servers before 3.6 write none. */
    public static final long UNKNOWN_END = -1;

    private static final int BUFFER = 1 << 16;
    /** Of jute.maxbuffer, which servers may raise; a damaged length must not take the heap. */
    private static final int MAX_LENGTH = 1 << 26;

    private static final String LAST_PATH = "/";

    private final Path path;
    private final PositionInputStream in;
    private final InputArchive archive;

    private long end = UNKNOWN_END;

    /**
     * A znode of a snapshot.
     *
     * @param path empty for the root
     * @param data null for none
     */
    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    public record Node(String path, byte[] data, StatPersisted stat) {}

    private SnapshotFile(Path path, InputStream in) {
        this.path = path;
        this.in = new PositionInputStream(in);
        this.archive = new BinaryInputArchive(new DataInputStream(this.in), MAX_LENGTH, 0);
    }

    /**
     * Opens a snapshot.
     *
     * @throws DamagedFileException if it is none
     */
    public static SnapshotFile open(Path path) throws IOException {
        InputStream file = path.getFileSystem().open(path);
        try {
            SnapshotFile snapshot = new SnapshotFile(path, decompressed(path, new BufferedInputStream(file, BUFFER)));
            snapshot.readHead();
            return snapshot;
        } catch (IOException | RuntimeException e) {
            file.close();
            throw damaged(path, 0, e);
        }
    }

    /**
     * Opens a snapshot that was read to its end before, since only there it proves to be intact: nothing of a damaged
     * one is given away.
     *
     * @param end what it was believed to have as its {@link #end}, or {@link #UNKNOWN_END}
     * @throws DamagedFileException if it is none, or is damaged
     */
    public static SnapshotFile openIntact(Path path, long end) throws IOException {
        try (SnapshotFile snapshot = open(path)) {
            while (snapshot.next() != null) {
                // Its checksum is behind all znodes.
            }
            if (end != UNKNOWN_END && end != snapshot.end()) {
                throw new DamagedFileException(
                        path, snapshot.in.position(), "the checksum of the transaction that it ends with is wrong");
            }
        }
        return open(path);
    }

    private static InputStream decompressed(Path path, InputStream in) throws IOException {
        return switch (SnapStream.getStreamMode(path.getName())) {
            case GZIP -> new BufferedInputStream(new GZIPInputStream(in, BUFFER), BUFFER);
            case SNAPPY -> new BufferedInputStream(new SnappyChunks(in), BUFFER);
            case CHECKED -> in;
        };
    }

    public Path path() {
        return path;
    }

    private void readHead() throws IOException {
        FileHeader header = new FileHeader();
        header.deserialize(archive, "fileheader");
        if (header.getMagic() != FileSnap.SNAP_MAGIC) {
            throw new DamagedFileException(path, 0, "it does not begin like a snapshot of ZooKeeper");
        }
        for (int sessions = archive.readInt("count"); sessions > 0; sessions--) {
            archive.readLong("id");
            archive.readInt("timeout");
        }
        new ReferenceCountedACLCache().deserialize(archive);
    }

    /**
     * The next znode; null after the last one, when the whole file has proven to be intact.
     *
     * @throws DamagedFileException if it is not
     */
    public Node next() throws IOException {
        try {
            String name = archive.readString("path");
            if (!LAST_PATH.equals(name)) {
                DataNode node = new DataNode(null, null, null);
                archive.readRecord(node, "node");
                return new Node(name, node.getData(), node.stat);
            }
            SnapStream.checkSealIntegrity(in, archive);
            readEnd();
            return null;
        } catch (IOException | RuntimeException e) {
            throw damaged(path, in.position(), e);
        }
    }

    /**
     * What servers since 3.6 write behind the tree: the last transaction that went into it, and a digest. Sealed for
     * itself, and of no use if it is not as expected.
     */
    private void readEnd() {
        try {
            long zxid = archive.readLong("zxid");
            if (archive.readInt("digestVersion") < 2) {
                archive.readString("digest");
            } else {
                archive.readLong("digest");
            }
            SnapStream.checkSealIntegrity(in, archive);
            end = zxid > 0 ? zxid : UNKNOWN_END;
        } catch (IOException e) {
            end = UNKNOWN_END;
        }
    }

    /**
     * A transaction after which nothing went into the snapshot, or {@link #UNKNOWN_END}. Known when {@link #next} has
     * given null.
     */
    public long end() {
        return end;
    }

    private static DamagedFileException damaged(Path path, long position, Exception e) {
        if (e instanceof DamagedFileException damaged) {
            return damaged;
        }
        String reason = e instanceof EOFException ? "it ends too early" : "it is no snapshot (" + e.getMessage() + ")";
        return new DamagedFileException(path, position, reason, e);
    }

    /** Offsets are those of the decompressed file. */
    private static final class PositionInputStream extends CheckedInputStream {
        private long position;

        PositionInputStream(InputStream in) {
            super(in, new Adler32());
        }

        long position() {
            return position;
        }

        @Override
        public int read() throws IOException {
            int read = super.read();
            position += read < 0 ? 0 : 1;
            return read;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = super.read(bytes, offset, length);
            position += Math.max(0, read);
            return read;
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
