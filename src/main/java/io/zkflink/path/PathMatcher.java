// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import java.io.Serializable;
import java.util.List;

/**
 * Tells which znodes are rows of a template, and reads their columns' values from their paths.
 *
 * @param columns how many segments are bound to columns
 * @param hidden the subtrees without rows
 */
record PathMatcher(List<Segment> segments, int columns, HiddenPaths hidden) implements Serializable {

    /**
     * The values of the columns for a znode: String, Boolean, Byte, Short, Integer or Long, in the order of
     * the segments; null if the znode is not a row.
     */
    Object[] match(String path) {
        if (hidden.contain(path)) {
            return null;
        }
        Object[] values = new Object[columns];
        int bound = 0;
        int start = 1;
        for (Segment segment : segments) {
            if (start >= path.length()) {
                return null;
            }
            int slash = path.indexOf('/', start);
            int end = slash < 0 ? path.length() : slash;
            if (segment instanceof Segment.Literal literal) {
                if (literal.name().length() != end - start || !path.startsWith(literal.name(), start)) {
                    return null;
                }
            } else if (segment instanceof Segment.Child) {
                if (!segment.accepts(path.substring(start, end))) {
                    return null;
                }
            } else {
                if (segment instanceof Segment.Rest) {
                    end = path.length();
                }
                Object value = segment instanceof Segment.Variable variable
                        ? variable.parse(path.substring(start, end))
                        : ((Segment.Rest) segment).parse(path.substring(start, end));
                if (value == null) {
                    return null;
                }
                values[bound++] = value;
            }
            start = end + 1;
        }
        return start > path.length() || path.equals("/") ? values : null;
    }

    /** Whether a path would be a row's if its names were values of their columns' types. */
    boolean isUnconvertible(String path) {
        boolean converts = true;
        int start = 1;
        for (Segment segment : segments) {
            if (start >= path.length()) {
                return false;
            }
            int slash = segment instanceof Segment.Rest ? -1 : path.indexOf('/', start);
            String name = path.substring(start, slash < 0 ? path.length() : slash);
            boolean fits = segment.converts(name);
            boolean isLeftOut = segment instanceof Segment.Literal literal
                    ? !literal.name().equals(name)
                    : fits && !segment.accepts(name);
            if (isLeftOut) {
                return false;
            }
            converts &= fits;
            start += name.length() + 1;
        }
        return !converts && start > path.length() && !hidden.contain(path);
    }

    /** The path that is written for the key of a row's znode; the znodes of one key have one. */
    String canonical(String path) {
        StringBuilder canonical = new StringBuilder();
        int start = 1;
        for (Segment segment : segments) {
            int slash = path.indexOf('/', start);
            if (slash < 0 || segment instanceof Segment.Rest) {
                slash = path.length();
            }
            String name = path.substring(start, slash);
            String text = segment instanceof Segment.Variable variable
                    ? variable.encoding().decode(name)
                    : null;
            canonical
                    .append('/')
                    .append(
                            text == null
                                    ? name
                                    : ((Segment.Variable) segment).encoding().encode(text));
            start = Math.min(path.length(), slash + 1);
        }
        return canonical.length() == 0 ? path : canonical.toString();
    }
}
