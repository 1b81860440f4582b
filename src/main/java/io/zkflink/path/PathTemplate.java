// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.annotation.Internal;

/**
 * A path in which columns stand for segments: {@code /flags/{service}/{flag}}, or {@code /config/{*key}} for whatever
 * lies below at any depth. Matching gives a znode's column values, resolving gives the path of column values; each key
 * has exactly one path that is written, and only where names are encoded others that are read.
 *
 * <p>Immutable. Errors are {@link IllegalArgumentException}s whose message says what is wrong and what would be right.
 */
@Internal
public final class PathTemplate implements Serializable {

    private static final long serialVersionUID = 1L;

    /** ZooKeeper's own subtree, which is never written. */
    private static final String RESERVED = "/zookeeper";

    /**
     * Where this connector keeps what it needs to remember; there are no rows unless a template's own path lies inside.
     */
    private static final String OWN = "/_flink";

    private final String text;
    /** Where the server has what is the root to us: chroot and namespace, or nothing. */
    private final String base;

    private final List<Segment> segments;
    /** Whether a text may have several names. */
    private final boolean ambiguous;
    /** The subtrees without rows. */
    private final List<String> hidden;

    private final List<String> columns;

    private PathTemplate(String text, String base, List<Segment> segments, List<String> hidden) {
        this.text = text;
        this.base = base;
        this.segments = List.copyOf(segments);
        this.hidden = List.copyOf(hidden);
        this.ambiguous = this.segments.stream()
                .anyMatch(segment -> segment instanceof Segment.Variable variable
                        && variable.encoding().isAmbiguous());
        this.columns = this.segments.stream()
                .map(PathTemplate::columnOf)
                .filter(name -> !name.isEmpty())
                .toList();
    }

    /** Parses a template of paths as the server has them. */
    public static PathTemplate parse(String text, PathEncoding encoding, Function<String, SegmentType> typeOf) {
        return parse("", text, encoding, typeOf);
    }

    /**
     * Parses a template.
     *
     * @param base the path that the server has the root of all paths at, empty for its own root
     * @param typeOf gives the type of a column by its name; throws if there is no such column
     */
    public static PathTemplate parse(
            String base, String text, PathEncoding encoding, Function<String, SegmentType> typeOf) {
        PathTemplate template = parseToRead(base, text, encoding, typeOf);
        if (template.isReserved()) {
            throw new IllegalArgumentException("'/zookeeper' is ZooKeeper's own subtree and never a table");
        }
        return template;
    }

    /** As {@link #parse}, for who only reads: rows may lie in ZooKeeper's own subtree if all of them do. */
    public static PathTemplate parseToRead(
            String base, String text, PathEncoding encoding, Function<String, SegmentType> typeOf) {
        if (!text.startsWith("/")) {
            throw new IllegalArgumentException("it must be absolute; write '/" + text + "'");
        }
        List<Segment> segments = new ArrayList<>();
        if (!text.equals("/")) {
            for (String part : text.substring(1).split("/", -1)) {
                Segment segment = segment(part, encoding, typeOf);
                if (!segments.isEmpty() && segments.get(segments.size() - 1) instanceof Segment.Rest rest) {
                    throw new IllegalArgumentException("'{*" + rest.column() + "}' takes all remaining segments and"
                            + " must stand last; use '{" + rest.column() + "}' for a single segment");
                }
                segments.add(segment);
            }
        }
        PathTemplate template = new PathTemplate(text, base, segments, List.of()).hiding(OWN);
        if (base.isEmpty()) {
            template = template.hiding(RESERVED);
        }
        for (String column : template.columns) {
            if (template.columns.indexOf(column) != template.columns.lastIndexOf(column)) {
                throw new IllegalArgumentException(
                        "the column '" + column + "' appears twice; each segment needs a column of its own");
            }
        }
        return template;
    }

    private static Segment segment(String part, PathEncoding encoding, Function<String, SegmentType> typeOf) {
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
        String problem = problemWith(name);
        if (problem != null) {
            throw new IllegalArgumentException("the segment '" + part + "' " + problem);
        }
        return new Segment.Literal(name);
    }

    private static String columnOf(Segment segment) {
        if (segment instanceof Segment.Variable variable) {
            return variable.column();
        }
        return segment instanceof Segment.Rest rest ? rest.column() : "";
    }

    /** The columns in the order of their segments. */
    public List<String> columns() {
        return columns;
    }

    /** Whether it ends with <code>{*column}</code>, so that rows may be below rows. */
    public boolean isOpenEnded() {
        return !segments.isEmpty() && segments.get(segments.size() - 1) instanceof Segment.Rest;
    }

    public List<Segment> segments() {
        return segments;
    }

    /** The deepest path that all rows are at or below. */
    public String root() {
        StringBuilder root = new StringBuilder();
        for (Segment segment : segments) {
            Set<String> candidates = segment.candidates();
            if (candidates == null || candidates.size() != 1) {
                break;
            }
            root.append('/').append(candidates.iterator().next());
        }
        return root.length() == 0 ? "/" : root.toString();
    }

    /** The root of the table, whatever filters have left of it. */
    public String rootOfAll() {
        StringBuilder root = new StringBuilder();
        for (Segment segment : segments) {
            if (!(segment instanceof Segment.Literal literal)) {
                break;
            }
            root.append('/').append(literal.name());
        }
        return root.length() == 0 ? "/" : root.toString();
    }

    /**
     * This template with fewer rows.
     *
     * @param values for some columns the values to keep, as {@link #match} gives them or of another integer type;
     *     values that no path can hold are left out
     */
    public PathTemplate restrict(Map<String, ? extends Collection<?>> values) {
        // Where a text may have any of many names, they have to be listed.
        return restrict(values, variable -> variable.encoding().isAmbiguous() ? 0 : 1);
    }

    /**
     * As {@link #restrict}, asking only for the names that libraries give the values, so that nothing is listed for
     * them. Whoever has encoded a name in another way is not found.
     */
    public PathTemplate restrictByNames(Map<String, ? extends Collection<?>> values) {
        return restrict(values, variable -> variable.encoding().ways());
    }

    private PathTemplate restrict(Map<String, ? extends Collection<?>> values, ToIntFunction<Segment.Variable> waysOf) {
        List<Segment> restricted = new ArrayList<>();
        for (Segment segment : segments) {
            Collection<?> kept = values.get(columnOf(segment));
            if (kept == null) {
                restricted.add(segment);
            } else if (segment instanceof Segment.Variable variable) {
                restricted.add(restrict(variable, kept, waysOf.applyAsInt(variable)));
            } else if (segment instanceof Segment.Rest rest) {
                Set<String> paths = kept.stream()
                        .map(Object::toString)
                        .filter(path -> arePossible(path) && rest.parse(path) != null)
                        .collect(Collectors.toCollection(LinkedHashSet::new));
                restricted.add(new Segment.Rest(rest.column(), rest.type(), paths));
            }
        }
        return new PathTemplate(text, base, restricted, hidden);
    }

    /** This template without the rows that lie in a subtree, unless all of them do. */
    public PathTemplate hiding(String path) {
        boolean isBelow = !isAtOrBelow(root(), path) && isAtOrBelow(path, root());
        return isBelow
                ? new PathTemplate(
                        text,
                        base,
                        segments,
                        Stream.concat(hidden.stream(), Stream.of(path)).toList())
                : this;
    }

    private static boolean isAtOrBelow(String path, String top) {
        return top.equals("/")
                || (path.startsWith(top) && (path.length() == top.length() || path.charAt(top.length()) == '/'));
    }

    /** Whether all rows are at a path or below it. */
    public boolean liesIn(String path) {
        return isAtOrBelow(root(), path);
    }

    /** Whether all rows are in ZooKeeper's own subtree, and so can be read and never be written. */
    public boolean isReserved() {
        return base.isEmpty() && liesIn(RESERVED);
    }

    /** Whether a path is in a subtree that has no rows. */
    public boolean isHidden(String path) {
        for (String top : hidden) {
            if (isAtOrBelow(path, top)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a path could be that of a row of both. */
    public boolean overlaps(PathTemplate other) {
        for (int i = 0; i < Math.min(segments.size(), other.segments.size()); i++) {
            Segment mine = segments.get(i);
            Segment theirs = other.segments.get(i);
            if (mine instanceof Segment.Rest || theirs instanceof Segment.Rest) {
                return true;
            }
            if (!mayBeEqual(mine, theirs)) {
                return false;
            }
        }
        return segments.size() == other.segments.size();
    }

    private static boolean mayBeEqual(Segment one, Segment other) {
        if (one instanceof Segment.Literal name) {
            return other instanceof Segment.Literal ? one.equals(other) : other.accepts(name.name());
        }
        return !(other instanceof Segment.Literal name) || one.accepts(name.name());
    }

    /**
     * @param ways in how many of the ways of its encoding names are asked for; 0 to list them
     */
    private static Segment restrict(Segment.Variable variable, Collection<?> kept, int ways) {
        Set<String> texts = kept.stream().map(Object::toString).collect(Collectors.toCollection(LinkedHashSet::new));
        Segment.Variable listed =
                new Segment.Variable(variable.column(), variable.type(), variable.encoding(), texts, null);
        if (ways == 0) {
            return listed;
        }
        Set<String> names = new LinkedHashSet<>();
        for (int way = 0; way < ways; way++) {
            for (String text : texts) {
                String name = variable.encoding().encode(text, way);
                if (problemWith(name) == null && listed.parse(name) != null) {
                    names.add(name);
                }
            }
        }
        return new Segment.Variable(variable.column(), variable.type(), variable.encoding(), texts, names);
    }

    /**
     * The template of what lies right below this one's znodes.
     *
     * @param names which of their children count
     */
    public PathTemplate children(Segment.Names names) {
        return new PathTemplate(
                text,
                base,
                Stream.concat(segments.stream(), Stream.of(new Segment.Child(names)))
                        .toList(),
                hidden);
    }

    /**
     * The values of the columns for a znode: String, Boolean, Byte, Short, Integer or Long, in the order of
     * {@link #columns()}; null if the znode is not a row.
     */
    public Object[] match(String path) {
        if (isHidden(path)) {
            return null;
        }
        Object[] values = new Object[columns.size()];
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
    public boolean isUnconvertible(String path) {
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
        return !converts && start > path.length() && !isHidden(path);
    }

    /** Whether several znodes may have one key, because a text may have several names. */
    public boolean isAmbiguous() {
        return ambiguous;
    }

    /** The path that is written for the key of a row's znode; the znodes of one key have one. */
    public String canonical(String path) {
        if (!ambiguous) {
            return path;
        }
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

    /** What is to be said of two znodes that have one key. */
    public String conflict(String one, String other) {
        return "The znodes '" + one + "' and '" + other + "' have the same key in the 'path' '" + text
                + "': with 'path.encoding' = 'url' both names mean the same text. Delete one of them, or set"
                + " 'path.encoding' = 'none'.";
    }

    /**
     * The path of a row.
     *
     * @param values as {@link #match} gives them, none of them null
     */
    public String resolve(Object... values) {
        StringBuilder path = new StringBuilder();
        int next = 0;
        for (Segment segment : segments) {
            path.append('/');
            if (segment instanceof Segment.Literal literal) {
                path.append(literal.name());
            } else if (segment instanceof Segment.Variable variable) {
                path.append(checked(variable.column(), variable.encoding().encode(values[next++].toString())));
            } else {
                String column = columnOf(segment);
                String rest = values[next++].toString();
                for (String name : rest.split("/", -1)) {
                    checked(column, name, rest);
                }
                path.append(rest);
            }
        }
        String resolved = path.length() == 0 ? "/" : path.toString();
        checkNotReserved(base, resolved);
        for (String top : hidden) {
            if (isAtOrBelow(resolved, top)) {
                throw new IllegalArgumentException("The path '" + resolved + "' lies in '" + top + "', where the"
                        + " connector keeps what it has to remember, and is no row of the 'path' '" + text
                        + "'. Filter such rows out, or declare a table whose 'path' lies inside of '" + top + "'.");
            }
        }
        return resolved;
    }

    /**
     * The path that is written for a row, or null if no znode can have these values.
     *
     * @param values as {@link #match} gives them, none of them null
     */
    public String locate(Object... values) {
        return locate(0, values);
    }

    /**
     * The paths that a row may have, the one that is written first: where names are encoded, those that libraries would
     * give it. Whoever has encoded one in another way is not among them.
     *
     * @param values as {@link #match} gives them, none of them null
     */
    public Collection<String> locations(Object... values) {
        int ways = segments.stream()
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
            if (path != null && Arrays.equals(match(path), values)) {
                paths.add(path);
            }
        }
        return paths;
    }

    private String locate(int way, Object... values) {
        StringBuilder path = new StringBuilder();
        int next = 0;
        for (Segment segment : segments) {
            String name = segment instanceof Segment.Literal literal
                    ? literal.name()
                    : segment instanceof Segment.Variable variable
                            ? variable.encoding().encode(values[next++].toString(), way)
                            : values[next++].toString();
            boolean possible = segment instanceof Segment.Rest ? arePossible(name) : problemWith(name) == null;
            if (!possible) {
                return null;
            }
            path.append('/').append(name);
        }
        String located = path.length() == 0 ? "/" : path.toString();
        return isHidden(located) ? null : located;
    }

    private static boolean arePossible(String path) {
        return Stream.of(path.split("/", -1)).allMatch(name -> problemWith(name) == null);
    }

    private static String checked(String column, String name) {
        return checked(column, name, name);
    }

    private static String checked(String column, String name, String value) {
        String problem = problemWith(name);
        if (problem != null) {
            throw new IllegalArgumentException("The value '" + value + "' of the column '" + column
                    + "' cannot be part of a znode's path: the segment '" + name + "' " + problem
                    + ". Change the value, or set 'path.encoding' = 'url' if it only holds characters that a path may"
                    + " not.");
        }
        return name;
    }

    /** Checks that a znode can have a path. */
    public static void checkPath(String path) {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("The path '" + path + "' is not absolute; write '/" + path + "'.");
        }
        if (path.equals("/")) {
            return;
        }
        for (String name : path.substring(1).split("/", -1)) {
            String problem = problemWith(name);
            if (problem != null) {
                throw new IllegalArgumentException("The path '" + path + "' cannot be that of a znode: the segment '"
                        + name + "' " + problem + ". Replace such characters, or percent-encode them.");
            }
        }
    }

    /**
     * Whether a path is ZooKeeper's own.
     *
     * @param base the path that the server has the root of all paths at, empty for its own root
     */
    public static boolean isReserved(String base, String path) {
        return base.isEmpty() && isAtOrBelow(path, RESERVED);
    }

    /**
     * Checks that a path is not ZooKeeper's own.
     *
     * @param base the path that the server has the root of all paths at, empty for its own root
     */
    public static void checkNotReserved(String base, String path) {
        if (isReserved(base, path)) {
            throw new IllegalArgumentException(
                    "The path '" + path + "' lies in '/zookeeper', ZooKeeper's own subtree, and is never a row.");
        }
    }

    /** Why ZooKeeper would refuse a name, or null. */
    private static String problemWith(String name) {
        if (name.isEmpty()) {
            return "is empty";
        }
        if (name.equals(".") || name.equals("..")) {
            return "is a relative path";
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c == '/') {
                return "contains '/'";
            }
            boolean illegal = c <= '\u001f'
                    || (c >= '\u007f' && c <= '\u009f')
                    || (c >= '\ud800' && c <= '\uf8ff')
                    || c >= '\ufff0';
            if (illegal) {
                return String.format("contains the character U+%04X, which ZooKeeper does not allow", (int) c);
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return text;
    }
}
