// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Makes segments of a template's text, and says what is wrong with it.
 *
 * @param typeOf gives the type of a column by its name; throws if there is no such column
 */
record TemplateParser(PathEncoding encoding, Function<String, SegmentType> typeOf) {

    List<Segment> parse(String text) {
        if (!text.startsWith("/")) {
            throw new IllegalArgumentException("it must be absolute; write '/" + text + "'");
        }
        List<Segment> segments = new ArrayList<>();
        if (!text.equals("/")) {
            for (String part : text.substring(1).split("/", -1)) {
                Segment segment = segment(part);
                if (!segments.isEmpty() && segments.get(segments.size() - 1) instanceof Segment.Rest rest) {
                    throw new IllegalArgumentException("'{*" + rest.column() + "}' takes all remaining segments and"
                            + " must stand last; use '{" + rest.column() + "}' for a single segment");
                }
                segments.add(segment);
            }
        }
        checkColumns(segments);
        return segments;
    }

    private static void checkColumns(List<Segment> segments) {
        Set<String> columns = new HashSet<>();
        for (Segment segment : segments) {
            if (!segment.column().isEmpty() && !columns.add(segment.column())) {
                throw new IllegalArgumentException(
                        "the column '" + segment.column() + "' appears twice; each segment needs a column of its own");
            }
        }
    }

    private Segment segment(String part) {
        if (part.isEmpty()) {
            throw new IllegalArgumentException("it has an empty segment; remove the superfluous '/'");
        }
        boolean variable = part.startsWith("{") && part.endsWith("}") && part.length() > 2;
        String inner = variable ? part.substring(1, part.length() - 1) : part;
        boolean rest = variable && inner.startsWith("*");
        String name = rest ? inner.substring(1) : inner;
        if (name.isEmpty() || name.indexOf('{') >= 0 || name.indexOf('}') >= 0) {
            throw new IllegalArgumentException("the segment '" + part
                    + "' is neither a name nor a column; a column takes a whole segment and is written '{column}', or"
                    + " '{*column}' for all remaining segments");
        }
        if (rest) {
            SegmentType type = typeOf.apply(name);
            if (type.kind() != SegmentType.Kind.TEXT) {
                throw new IllegalArgumentException(
                        "the column '" + name + "' of '{*" + name + "}' holds a path; declare it as STRING");
            }
            return new Segment.Rest(name, type, null);
        }
        if (variable) {
            return new Segment.Variable(name, typeOf.apply(name), encoding, null, null);
        }
        String problem = ZNodeName.problemWith(name);
        if (problem != null) {
            throw new IllegalArgumentException("the segment '" + part + "' " + problem);
        }
        return new Segment.Literal(name);
    }
}
