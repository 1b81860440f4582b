// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import java.io.Serializable;
import org.apache.flink.annotation.PublicEvolving;

/**
 * The type of a column that is bound to a path segment.
 *
 * @param minLength fewest characters of a text, for {@code CHAR(n)}; 0 for the other kinds
 * @param maxLength most characters of a text, for {@code CHAR(n)} and {@code VARCHAR(n)}
 */
@PublicEvolving
public record SegmentType(Kind kind, int minLength, int maxLength) implements Serializable {

    /** What a segment's text stands for. */
    public enum Kind {
        TEXT,
        BOOLEAN,
        TINYINT,
        SMALLINT,
        INT,
        BIGINT
    }

    public static final SegmentType STRING = text(0, Integer.MAX_VALUE);

    public static SegmentType text(int minLength, int maxLength) {
        return new SegmentType(Kind.TEXT, minLength, maxLength);
    }

    public static SegmentType of(Kind kind) {
        return new SegmentType(kind, 0, Integer.MAX_VALUE);
    }

    /**
     * The value that a text stands for, or null if the text is not the canonical one of any value: {@code 7} is an INT,
     * {@code 007} and {@code abc} are not, so that each key has exactly one path.
     */
    Object parse(String text) {
        return switch (kind) {
            case TEXT -> {
                int length = text.codePointCount(0, text.length());
                yield length < minLength || length > maxLength ? null : text;
            }
            case BOOLEAN -> text.equals("true") ? Boolean.TRUE : text.equals("false") ? Boolean.FALSE : null;
            case TINYINT -> {
                Long value = integer(text, Byte.MIN_VALUE, Byte.MAX_VALUE);
                yield value == null ? null : value.byteValue();
            }
            case SMALLINT -> {
                Long value = integer(text, Short.MIN_VALUE, Short.MAX_VALUE);
                yield value == null ? null : value.shortValue();
            }
            case INT -> {
                Long value = integer(text, Integer.MIN_VALUE, Integer.MAX_VALUE);
                yield value == null ? null : value.intValue();
            }
            case BIGINT -> integer(text, Long.MIN_VALUE, Long.MAX_VALUE);
        };
    }

    private static Long integer(String text, long min, long max) {
        try {
            long value = Long.parseLong(text);
            return value >= min && value <= max && Long.toString(value).equals(text) ? value : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
