// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row.payload;

import java.io.IOException;
import java.io.Serializable;
import java.util.Optional;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.Collector;

/**
 * Decodes the data of a znode into exactly one row, by a Flink format.
 *
 * <p>Owned by one thread; {@link #open} before use.
 */
@Internal
public final class PayloadDecoder implements Serializable {

    private static final long serialVersionUID = 1L;

    private final DeserializationSchema<RowData> format;
    private final Rules rules;
    /** Null if no column has a place inside that must not be NULL. */
    private final NestedNulls nulls;

    /**
     * What is to be known of data beside its format.
     *
     * @param maxInflatedBytes how large compressed data may become
     * @param boundary finds records behind the first one, which the format does not tell of
     * @param swallowsErrors whether the format was told to give no row for what it cannot decode
     */
    public record Rules(
            PayloadCompression compression, int maxInflatedBytes, RecordBoundary boundary, boolean swallowsErrors)
            implements Serializable {

        /** Data as it is, in a format of which nothing else is known. */
        public static final Rules PLAIN = new Rules(
                PayloadCompression.NONE, PayloadCompression.STANDARD_LIMIT, new RecordBoundary.Unknown(), false);
    }

    public PayloadDecoder(DeserializationSchema<RowData> format, Rules rules) {
        this(format, rules, RowType.of());
    }

    /** @param decoded the columns that the format gives */
    public PayloadDecoder(DeserializationSchema<RowData> format, Rules rules, RowType decoded) {
        this.format = format;
        this.rules = rules;
        this.nulls = NestedNulls.in(decoded);
    }

    public void open(DeserializationSchema.InitializationContext context) throws Exception {
        format.open(context);
    }

    /** What data is: a row, nothing at all, or something to go without. */
    public enum Kind {
        ROW,
        NOTHING,
        SKIPPED
    }

    /**
     * What became of data.
     *
     * @param row null unless it is one
     */
    public record Decoded(Kind kind, RowData row) {
        public static final Decoded NOTHING = new Decoded(Kind.NOTHING, null);
        public static final Decoded SKIPPED = new Decoded(Kind.SKIPPED, null);
    }

    /**
     * Decodes data that is not empty.
     *
     * @throws IOException if it is not exactly one row
     */
    public Decoded decode(byte[] data) throws IOException {
        byte[] inflated = rules.compression().inflate(data, rules.maxInflatedBytes());
        if (inflated.length == 0) {
            return Decoded.NOTHING;
        }
        Rows rows = new Rows();
        try {
            format.deserialize(inflated, rows);
        } catch (IOException | RuntimeException e) {
            throw compressed(data).map(hint -> withHint(e, hint)).orElseThrow(() -> asIOException(e));
        }
        if (rows.last == null) {
            if (rules.swallowsErrors()) {
                return Decoded.SKIPPED;
            }
            throw new IOException("the format made no row of it, and a znode is one row");
        }
        if (rows.count > 1) {
            throw new IOException("the format made " + rows.count + " rows of it, and a znode is one row");
        }
        if (rules.boundary().isFollowed(inflated)) {
            throw new IOException("it goes on after its first record, and a znode is one row");
        }
        String missing = nulls == null ? null : nulls.find(rows.last);
        if (missing != null && rules.swallowsErrors()) {
            return Decoded.SKIPPED;
        }
        if (missing != null) {
            throw new IOException("'" + missing.substring(1) + "' is declared NOT NULL and is missing or null in it");
        }
        return new Decoded(Kind.ROW, rows.last);
    }

    /** What to say of data that is compressed though the table does not say so. */
    private Optional<String> compressed(byte[] data) {
        PayloadCompression found = PayloadCompression.signatureOf(data);
        return rules.compression() == PayloadCompression.NONE && found != PayloadCompression.NONE
                ? Optional.of(" (its first bytes are those of " + found
                        + "; with 'payload.compression' = 'auto' it would be inflated)")
                : Optional.empty();
    }

    /** The innermost message is what users are told, so there is no cause. */
    private static IOException withHint(Exception error, String hint) {
        IOException hinted = new IOException(reason(error) + hint);
        hinted.addSuppressed(error);
        return hinted;
    }

    private static IOException asIOException(Exception error) {
        return error instanceof IOException failed ? failed : new IOException(error);
    }

    /** The rows that a format makes. */
    private static final class Rows implements Collector<RowData> {
        private RowData last;
        private int count;

        /** A format that makes NULL of data makes no row of it. */
        @Override
        public void collect(RowData row) {
            if (row != null) {
                last = row;
            }
            count++;
        }

        @Override
        public void close() {}
    }

    public static Throwable innermost(Throwable error) {
        Throwable cause = error;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** Formats put what is wrong into the innermost message. */
    public static String reason(Throwable error) {
        Throwable cause = innermost(error);
        String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        return message.lines().findFirst().orElse(message);
    }
}
