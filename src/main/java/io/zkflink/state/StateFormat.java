// SPDX-License-Identifier: Apache-2.0
package io.zkflink.state;

import java.io.EOFException;
import java.io.IOException;
import java.io.UTFDataFormatException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.annotation.Internal;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * How something is kept in checkpoints, in versions of which all up to the newest can be read.
 *
 * <p>Flink notes the version and the length of what {@link #serialize} gives. Where it only knows lists of bytes,
 * {@link #frame} puts the version in front. What was written by a newer version, or is damaged, is refused here, by a
 * message that says what it is and what to do.
 *
 * @param <T> what is kept
 */
@Internal
public abstract class StateFormat<T> implements SimpleVersionedSerializer<T> {

    private static final int NONE = -1;
    private static final int INITIAL_BYTES = 256;

    private final String what;
    private final int version;

    /**
     * A format.
     *
     * @param what is kept, for messages
     * @param version the newest one, which is written; the first was 1
     */
    protected StateFormat(String what, int version) {
        this.what = what;
        this.version = version;
    }

    protected abstract void write(T state, DataOutputSerializer out) throws IOException;

    /**
     * Reads what {@link #write} wrote, now or in an older version.
     *
     * @param writtenBy the version, which is known
     * @throws EOFException if there is less than there should be
     */
    protected abstract T read(int writtenBy, DataInputDeserializer in) throws IOException;

    /** How many bytes something takes, about: only what is exact saves a copy. */
    protected int size(T state) {
        return INITIAL_BYTES;
    }

    @Override
    public final int getVersion() {
        return version;
    }

    @Override
    public final byte[] serialize(T state) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(size(state));
        write(state, out);
        return out.length() == out.getSharedBuffer().length ? out.getSharedBuffer() : out.getCopyOfBuffer();
    }

    @Override
    public final T deserialize(int writtenBy, byte[] serialized) throws IOException {
        return read(writtenBy, serialized, 0);
    }

    /** As {@link #serialize}, with the version in front. */
    public final byte[] frame(T state) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(1 + size(state));
        out.writeByte(version);
        write(state, out);
        return out.getCopyOfBuffer();
    }

    /** Reads what {@link #frame} has given. */
    public final T unframe(byte[] framed) throws IOException {
        if (framed.length == 0) {
            throw damaged(null);
        }
        return read(framed[0], framed, 1);
    }

    private T read(int writtenBy, byte[] serialized, int begin) throws IOException {
        if (writtenBy < 1 || writtenBy > version) {
            throw new IOException("The state of " + what + " has version " + writtenBy + ", and this version of the"
                    + " connector reads " + (version == 1 ? "version 1" : "versions 1 to " + version)
                    + ". Restore it with the version of the connector that wrote it, or with a newer one.");
        }
        DataInputDeserializer in = new DataInputDeserializer(serialized, begin, serialized.length - begin);
        T state;
        try {
            state = read(writtenBy, in);
        } catch (EOFException | UTFDataFormatException | RuntimeException e) {
            throw damaged(e);
        }
        if (in.available() > 0) {
            throw damaged(null);
        }
        return state;
    }

    /** What to tell where state is not what was written. */
    public final IOException damaged(Exception cause) {
        return new IOException(
                "The state of " + what + " is damaged: its bytes are not those that were written. Restore another"
                        + " checkpoint or savepoint, or start without state.",
                cause);
    }

    // ---- Bytes and texts of any length, or none. Unlike writeUTF, which ends at 64 KB.

    protected static void writeBytes(DataOutputSerializer out, byte[] bytes) throws IOException {
        out.writeInt(bytes == null ? NONE : bytes.length);
        if (bytes != null) {
            out.write(bytes);
        }
    }

    protected static void writeText(DataOutputSerializer out, String text) throws IOException {
        writeBytes(out, text == null ? null : text.getBytes(StandardCharsets.UTF_8));
    }

    /** Null if that was written. */
    protected static byte[] readBytes(DataInputDeserializer in) throws IOException {
        int length = in.readInt();
        return length == NONE ? null : readBytes(in, length);
    }

    /** Null if that was written. */
    protected static String readText(DataInputDeserializer in) throws IOException {
        byte[] bytes = readBytes(in);
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    /** As {@link #readText}, of what was never null. */
    protected static String readName(DataInputDeserializer in) throws IOException {
        String text = readText(in);
        if (text == null) {
            throw new EOFException("No text.");
        }
        return text;
    }

    /** As many bytes, of which no more are believed in than there are: nothing is allocated for them. */
    public static byte[] readBytes(DataInputDeserializer in, int length) throws IOException {
        if (length < 0 || length > in.available()) {
            throw new EOFException("A length of " + length + " where " + in.available() + " bytes are left.");
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return bytes;
    }
}
