// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.runtime;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.annotation.Internal;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/** Bytes and texts of any length in state, or none. Unlike {@code writeUTF}, which ends at 64 KB. */
@Internal
public final class StateFormat {

    private static final int NONE = -1;

    private StateFormat() {}

    public static void write(DataOutputSerializer out, byte[] bytes) throws IOException {
        out.writeInt(bytes == null ? NONE : bytes.length);
        if (bytes != null) {
            out.write(bytes);
        }
    }

    public static void writeText(DataOutputSerializer out, String text) throws IOException {
        write(out, text == null ? null : text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Null if that was written.
     *
     * @throws EOFException if there is less than there should be; nothing is allocated for it
     */
    public static byte[] read(DataInputDeserializer in) throws IOException {
        int length = in.readInt();
        if (length == NONE) {
            return null;
        }
        if (length < 0 || length > in.available()) {
            throw new EOFException("A length of " + length + " where " + in.available() + " bytes are left.");
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return bytes;
    }

    public static String readText(DataInputDeserializer in) throws IOException {
        byte[] bytes = read(in);
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }
}
