// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Makes the paths of a template's rows.
 *
 * @param text the template, as it was written
 * @param base where the server has what is the root to us
 * @param matcher the same template's, which knows its segments
 */
record PathBuilder(String text, String base, PathMatcher matcher) implements Serializable {

    /** By how much most paths are at most longer than their template. */
    private static final int MOST_ADDED = 16;

    /**
     * The path of a row.
     *
     * @param values as {@link PathMatcher#match} gives them, none of them null
     */
    String resolve(Object... values) {
        StringBuilder path = new StringBuilder(text.length() + MOST_ADDED);
        int next = 0;
        for (Segment segment : matcher.segments()) {
            path.append('/');
            if (segment instanceof Segment.Literal literal) {
                path.append(literal.name());
            } else if (segment instanceof Segment.Variable variable) {
                append(path, variable, values[next++]);
            } else {
                String column = segment.column();
                String rest = values[next++].toString();
                for (String name : rest.split("/", -1)) {
                    checked(column, name, rest);
                }
                path.append(rest);
            }
        }
        String resolved = path.length() == 0 ? "/" : path.toString();
        ReservedPaths.checkNotOfServer(base, resolved);
        String top = matcher.hidden().topOf(resolved);
        if (top != null) {
            throw new IllegalArgumentException("The path '" + resolved + "' lies in '" + top + "', where the"
                    + " connector keeps what it has to remember, and is no row of the 'path' '" + text
                    + "'. Filter such rows out, or declare a table whose 'path' lies inside of '" + top + "'.");
        }
        return resolved;
    }

    /** Nothing is wrong with the digits of a number, and nobody encodes them. */
    private static void append(StringBuilder path, Segment.Variable variable, Object value) {
        if (value instanceof Number number) {
            path.append(number.longValue());
        } else {
            path.append(checked(variable.column(), variable.encoding().encode(value.toString())));
        }
    }

    /**
     * The path that is written for a row, or null if no znode can have these values.
     *
     * @param values as {@link PathMatcher#match} gives them, none of them null
     */
    String locate(Object... values) {
        return locate(0, values);
    }

    /**
     * The paths that a row may have, the one that is written first: where names are encoded, those that libraries would
     * give it. Whoever has encoded one in another way is not among them.
     *
     * @param values as {@link PathMatcher#match} gives them, none of them null
     */
    Collection<String> locations(Object... values) {
        int ways = matcher.segments().stream()
                .mapToInt(segment -> segment instanceof Segment.Variable variable
                        ? variable.encoding().ways()
                        : 1)
                .max()
                .orElse(1);
        if (ways == 1) {
            String path = locate(0, values);
            return path == null ? List.of() : List.of(path);
        }
        Set<String> paths = new LinkedHashSet<>();
        for (int way = 0; way < ways; way++) {
            String path = locate(way, values);
            if (path != null && Arrays.equals(matcher.match(path), values)) {
                paths.add(path);
            }
        }
        return paths;
    }

    private String locate(int way, Object... values) {
        StringBuilder path = new StringBuilder();
        int next = 0;
        for (Segment segment : matcher.segments()) {
            String name = segment instanceof Segment.Literal literal
                    ? literal.name()
                    : segment instanceof Segment.Variable variable
                            ? variable.encoding().encode(values[next++].toString(), way)
                            : values[next++].toString();
            boolean possible =
                    segment instanceof Segment.Rest ? ZNodeName.arePossible(name) : ZNodeName.problemWith(name) == null;
            if (!possible) {
                return null;
            }
            path.append('/').append(name);
        }
        String located = path.length() == 0 ? "/" : path.toString();
        return matcher.hidden().contain(located) ? null : located;
    }

    private static String checked(String column, String name) {
        return checked(column, name, name);
    }

    private static String checked(String column, String name, String value) {
        String problem = ZNodeName.problemWith(name);
        if (problem != null) {
            throw new IllegalArgumentException("The value '" + value + "' of the column '" + column
                    + "' cannot be part of a znode's path: the segment '" + name + "' " + problem
                    + ". Change the value, or set 'path.encoding' = 'url' if it only holds characters that a path may"
                    + " not.");
        }
        return name;
    }
}
