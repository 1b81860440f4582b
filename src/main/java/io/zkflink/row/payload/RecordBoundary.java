// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row.payload;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import org.apache.flink.annotation.Internal;

/**
 * Finds what follows the first record of a znode's data. Flink's text formats decode the first record and say nothing
 * of the rest.
 */
@Internal
public sealed interface RecordBoundary extends Serializable {

    /** Whether there is more than one record in data whose first record could be decoded. */
    boolean isFollowed(byte[] data);

    /** A format that takes all data, or does not say where it ends. */
    record Unknown() implements RecordBoundary {
        @Override
        public boolean isFollowed(byte[] data) {
            return false;
        }
    }

    /** A JSON value, which only blanks may follow. */
    record Json() implements RecordBoundary {

        @Override
        public boolean isFollowed(byte[] data) {
            int depth = 0;
            boolean text = false;
            for (int i = 0; i < data.length; i++) {
                byte each = data[i];
                if (each == 0) {
                    // Not UTF-8, which may be right all the same.
                    return false;
                } else if (text) {
                    i += each == '\\' ? 1 : 0;
                    text = each != '"';
                } else if (each == '"') {
                    text = true;
                } else if (each == '{' || each == '[') {
                    depth++;
                } else if ((each == '}' || each == ']') && --depth <= 0) {
                    return !isBlank(data, i + 1);
                }
            }
            return false;
        }

        private static boolean isBlank(byte[] data, int from) {
            for (int i = from; i < data.length; i++) {
                if (data[i] > ' ' || data[i] < 0) {
                    return false;
                }
            }
            return true;
        }
    }

    /**
     * A line, of which a field in quotes may contain line breaks. Blank lines and comments are no records.
     *
     * @param quote null if there is none
     * @param escape null if there is none
     * @param comments whether lines that begin with {@code #} are comments
     */
    record Csv(char delimiter, Character quote, Character escape, boolean comments) implements RecordBoundary {

        @Override
        public boolean isFollowed(byte[] data) {
            if (!hasLineBreak(data)) {
                return false;
            }
            String text = new String(data, StandardCharsets.UTF_8);
            int records = 0;
            int line = 0;
            while (line < text.length() && records < 2) {
                int end = isComment(text, line) ? endOfLine(text, line) : endOfRecord(text, line);
                records += isComment(text, line) || text.substring(line, end).isBlank() ? 0 : 1;
                line = end + 1;
            }
            return records > 1;
        }

        /** Most data has none, except perhaps at its end. */
        private static boolean hasLineBreak(byte[] data) {
            for (int i = 0; i < data.length - 1; i++) {
                if (data[i] == '\n' || data[i] == '\r') {
                    return true;
                }
            }
            return false;
        }

        private boolean isComment(String text, int line) {
            return comments && text.charAt(line) == '#';
        }

        private static int endOfLine(String text, int from) {
            int end = from;
            while (end < text.length() && text.charAt(end) != '\n' && text.charAt(end) != '\r') {
                end++;
            }
            return end;
        }

        /** A quote has its meaning only at the begin of a field, and inside of one that began with it. */
        private int endOfRecord(String text, int from) {
            boolean begins = true;
            boolean quoted = false;
            int closed = -1;
            for (int i = from; i < text.length(); i++) {
                char each = text.charAt(i);
                if (escape != null && each == escape) {
                    i++;
                    begins = false;
                } else if (quoted) {
                    quoted = each != quote;
                    closed = i;
                } else if (each == '\n' || each == '\r') {
                    return i;
                } else if (quote != null && each == quote && (begins || closed == i - 1)) {
                    // At the begin of a field, or the second of two, which mean one.
                    quoted = true;
                    begins = false;
                } else {
                    begins = each == delimiter;
                }
            }
            return text.length();
        }
    }
}
