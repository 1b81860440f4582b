// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import java.io.Serializable;

/** One part of a {@link PathTemplate}. */
public sealed interface Segment extends Serializable {

    /** A name that stands for itself. */
    record Literal(String name) implements Segment {}

    /** One whole name, bound to a column. */
    record Variable(String column, SegmentType type, PathEncoding encoding) implements Segment {

        /** The value of a znode's name, or null if it is not the canonical name of a value of this type. */
        public Object parse(String name) {
            String text = encoding.decode(name);
            return text == null ? null : type.parse(text);
        }
    }

    /** All remaining names, one or more, bound to a column as they are, with slashes between them. */
    record Rest(String column, SegmentType type) implements Segment {}
}
