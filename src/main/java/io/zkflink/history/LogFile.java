// SPDX-License-Identifier: Apache-2.0
package io.zkflink.history;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.Adler32;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.Path;
import org.apache.zookeeper.server.persistence.FileTxnLog;

/**
 * Reads the records of one transaction log: checksum, length, bytes, {@code B}. Servers allocate files ahead, so that
 * zeros follow the last record.
 *
 * <p>A record that a server has not finished writing, or never did, is torn: what is there of it is followed by nothing
 * but zeros. It is no record, and may become one. Anything else that is no record is damage. Used by one thread.
 */
final class LogFile implements AutoCloseable {

    private static final int BUFFER = 1 << 16;
    private static final int FRAME = Long.BYTES + Integer.BYTES;
    private static final byte END_OF_RECORD = 'B';
    private static final int FILE_HEADER_LENGTH = 2 * Integer.BYTES + Long.BYTES;
    /** Of jute.maxbuffer, which servers may raise; only to tell a length from garbage. */
    private static final int MAX_LENGTH = 1 << 26;

    private static final byte[] NOTHING = {};
    private static final byte[] ZEROS = new byte[BUFFER];

    private final Path path;
    private DataInputStream in;
    /** Where the next record begins. */
    private long position;

    private boolean torn;

    private LogFile(Path path) {
        this.path = path;
    }

    /**
     * Opens a file.
     *
     * @param position where a record begins, or 0
     * @throws DamagedFileException if it is no transaction log
     */
    static LogFile open(Path path, long position) throws IOException {
        LogFile log = new LogFile(path);
        log.readFrom(position);
        return log;
    }

    private void readFrom(long start) throws IOException {
        FSDataInputStream file = path.getFileSystem().open(path);
        try {
            file.seek(start);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
        in = new DataInputStream(new BufferedInputStream(file, BUFFER));
        position = start;
        torn = false;
    }

    /**
     * Reads on where the last record ended, in what may have been written since. The file is opened again: its name may
     * be another file's by now, and many file systems read no further than where a file ended when it was opened. If it
     * was deleted, nothing more is in it.
     */
    void refresh() throws IOException {
        in.close();
        try {
            readFrom(position);
        } catch (FileNotFoundException e) {
            in = new DataInputStream(InputStream.nullInputStream());
        }
    }

    /** Whether {@link #next} found a part of a record. */
    boolean isTorn() {
        return torn;
    }

    /**
     * The next record.
     *
     * @return null where there is none, as yet
     * @throws DamagedFileException for what is neither a record, nor torn, nor nothing
     */
    LogRecord next() throws IOException {
        if (position == 0 && !readFileHeader()) {
            return null;
        }
        byte[] frame = new byte[FRAME];
        in.readNBytes(frame, 0, FRAME);
        ByteBuffer fields = ByteBuffer.wrap(frame);
        long checksum = fields.getLong();
        int length = fields.getInt();
        if (length == 0) {
            return end(checksum == 0 ? NOTHING : frame, checksum);
        }
        if (length < LogRecord.HEADER_LENGTH || length > MAX_LENGTH) {
            throw new DamagedFileException(path, position, "a record cannot have " + length + " bytes");
        }
        return record(checksum, length);
    }

    private LogRecord record(long checksum, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        int marker = bytes.length < length ? -1 : in.read();
        if (marker == END_OF_RECORD) {
            if (checksum(bytes, length) != checksum) {
                throw new DamagedFileException(path, position, "the checksum of the record is wrong");
            }
            LogRecord record = new LogRecord(bytes, path, position, position + FRAME + length + 1);
            position = record.end();
            return record;
        }
        if (marker > 0) {
            throw new DamagedFileException(path, position, "the record of " + length + " bytes has no end");
        }
        return end(bytes, checksum);
    }

    /**
     * What is there is the begin of a record that ends the file.
     *
     * @param bytes what was read of it
     */
    private LogRecord end(byte[] bytes, long checksum) throws IOException {
        byte[] rest = new byte[BUFFER];
        for (int read = in.read(rest); read > 0; read = in.read(rest)) {
            if (!Arrays.equals(rest, 0, read, ZEROS, 0, read)) {
                throw new DamagedFileException(path, position, "there is no record, and something follows");
            }
        }
        // A whole record whose length is wrong looks like one that was cut.
        if (holdsRecord(bytes, checksum)) {
            throw new DamagedFileException(path, position, "the length of the record is wrong");
        }
        torn = bytes.length > 0;
        return null;
    }

    private static boolean holdsRecord(byte[] bytes, long checksum) {
        Adler32 running = new Adler32();
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == END_OF_RECORD && i >= LogRecord.HEADER_LENGTH && running.getValue() == checksum) {
                return true;
            }
            running.update(bytes[i]);
        }
        return false;
    }

    private boolean readFileHeader() throws IOException {
        try {
            int magic = in.readInt();
            int version = in.readInt();
            in.readLong();
            if (magic == 0 && version == 0) {
                return false;
            }
            if (magic != FileTxnLog.TXNLOG_MAGIC || version != FileTxnLog.VERSION) {
                throw new DamagedFileException(path, 0, "it does not begin like a transaction log of ZooKeeper");
            }
            position = FILE_HEADER_LENGTH;
            return true;
        } catch (EOFException e) {
            // A server creates the file before it writes the header.
            return false;
        }
    }

    private static long checksum(byte[] bytes, int length) {
        Adler32 checksum = new Adler32();
        checksum.update(bytes, 0, length);
        return checksum.getValue();
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
