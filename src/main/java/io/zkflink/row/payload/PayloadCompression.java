// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row.payload;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;
import org.apache.flink.annotation.PublicEvolving;

/** How the data of znodes is compressed. */
@PublicEvolving
public enum PayloadCompression {
    /** Not at all. */
    NONE("none"),
    /** As its first bytes say: gzip, zlib, or not at all. For reading only. */
    AUTO("auto"),
    /** As gzip does, and Curator, Druid and Helix by it. */
    GZIP("gzip"),
    /** As zlib does, and Solr by it. */
    ZLIB("zlib");

    /** The most that the data of a znode may become, unless told otherwise. */
    public static final int STANDARD_LIMIT = 64 * 1024 * 1024;

    private static final int BUFFER_BYTES = 8 * 1024;

    private final String value;

    PayloadCompression(String value) {
        this.value = value;
    }

    /** As the option spells it. */
    @Override
    public String toString() {
        return value;
    }

    /**
     * The data as it was before it was compressed; the same array if it was not.
     *
     * @param data not empty
     * @param limit how many bytes it may become
     * @throws IOException if it is not compressed like this, is damaged, or would become too large
     */
    public byte[] inflate(byte[] data, int limit) throws IOException {
        return switch (this) {
            case NONE -> data;
            case AUTO -> inflateBySignature(data, limit);
            case GZIP, ZLIB -> inflateAs(this, data, limit);
        };
    }

    private static byte[] inflateBySignature(byte[] data, int limit) throws IOException {
        PayloadCompression found = signatureOf(data);
        if (found == NONE) {
            return data;
        }
        try {
            return inflateAs(found, data, limit);
        } catch (CorruptDataException e) {
            if (data[0] == 'x' && data[1] == '^') {
                // A text may begin like this.
                return data;
            }
            throw e;
        }
    }

    private static byte[] inflateAs(PayloadCompression how, byte[] data, int limit) throws IOException {
        try (InputStream in = how.decompressing(new ByteArrayInputStream(data))) {
            ByteArrayOutputStream out = new ByteArrayOutputStream(Math.min(limit, 4 * data.length));
            byte[] buffer = new byte[BUFFER_BYTES];
            int read;
            while ((read = in.read(buffer)) >= 0) {
                if (out.size() + read > limit) {
                    throw new IOException("inflated by " + how + " it is larger than the"
                            + " 'payload.max-inflated-size' of " + limit + " bytes");
                }
                out.write(buffer, 0, read);
            }
            return out.toByteArray();
        } catch (ZipException e) {
            throw new CorruptDataException("it is not compressed by " + how + ", or is damaged", e);
        } catch (EOFException e) {
            throw new CorruptDataException("it is compressed by " + how + ", and its end is missing", e);
        }
    }

    /** By what data is compressed, as its first bytes say; {@link #NONE} if they say nothing. */
    static PayloadCompression signatureOf(byte[] data) {
        if (data.length < 2) {
            return NONE;
        }
        int first = data[0] & 0xff;
        int second = data[1] & 0xff;
        if (first == 0x1f && second == 0x8b) {
            return GZIP;
        }
        // Of the windows that zlib may have, everybody uses the largest; the two bytes together are a multiple of 31.
        return first == 0x78 && (first << 8 | second) % 31 == 0 ? ZLIB : NONE;
    }

    /**
     * Compressed data; null and empty data, which both mean that there is none, stay as they are.
     *
     * @throws IllegalStateException for {@link #AUTO}, which does not say how
     */
    public byte[] deflate(byte[] data) {
        if (data == null || data.length == 0 || this == NONE) {
            return data;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(data.length / 2 + 32);
        try (OutputStream out = compressing(bytes)) {
            out.write(data);
        } catch (IOException e) {
            throw new IllegalStateException("Memory cannot be written to", e);
        }
        return bytes.toByteArray();
    }

    private InputStream decompressing(InputStream in) throws IOException {
        return this == GZIP ? new GZIPInputStream(in, BUFFER_BYTES) : new InflaterInputStream(in);
    }

    private OutputStream compressing(OutputStream out) throws IOException {
        return switch (this) {
            case GZIP -> new GZIPOutputStream(out);
            case ZLIB -> new DeflaterOutputStream(out);
            case NONE, AUTO -> throw new IllegalStateException("'" + this + "' does not say how to compress.");
        };
    }

    /** Data that is not what its compression demands. */
    private static final class CorruptDataException extends IOException {
        private static final long serialVersionUID = 1L;

        /** Without the cause as such: the innermost message is what users are told. */
        CorruptDataException(String message, IOException reason) {
            super(message);
            addSuppressed(reason);
        }
    }
}
