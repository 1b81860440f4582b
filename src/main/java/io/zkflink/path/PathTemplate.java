// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToIntFunction;
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

    private final String text;
    /** Where the server has what is the root to us: chroot and namespace, or nothing. */
    private final String base;

    private final List<Segment> segments;
    private final HiddenPaths hidden;
    private final List<String> columns;
    /** Whether a text may have several names. */
    private final boolean ambiguous;

    private final PathMatcher matcher;
    private final PathBuilder builder;

    private PathTemplate(String text, String base, List<Segment> segments, HiddenPaths hidden) {
        this.text = text;
        this.base = base;
        this.segments = List.copyOf(segments);
        this.hidden = hidden;
        this.columns = this.segments.stream()
                .map(Segment::column)
                .filter(name -> !name.isEmpty())
                .toList();
        this.ambiguous = this.segments.stream()
                .anyMatch(segment -> segment instanceof Segment.Variable variable
                        && variable.encoding().isAmbiguous());
        this.matcher = new PathMatcher(this.segments, columns.size(), hidden);
        this.builder = new PathBuilder(text, base, matcher);
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
        List<Segment> segments = new TemplateParser(encoding, typeOf).parse(text);
        PathTemplate template =
                new PathTemplate(text, base, segments, HiddenPaths.NONE).hiding(ReservedPaths.OF_CONNECTOR);
        return base.isEmpty() ? template.hiding(ReservedPaths.OF_SERVER) : template;
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
    public String tableRoot() {
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
            Collection<?> kept = values.get(segment.column());
            if (kept == null) {
                restricted.add(segment);
            } else if (segment instanceof Segment.Variable variable) {
                restricted.add(variable.restrict(kept, waysOf.applyAsInt(variable)));
            } else if (segment instanceof Segment.Rest rest) {
                restricted.add(rest.restrict(kept));
            }
        }
        return new PathTemplate(text, base, restricted, hidden);
    }

    /** This template without the rows that lie in a subtree, unless all of them do. */
    public PathTemplate hiding(String path) {
        boolean isBelow = !liesIn(path) && ZNodePath.isAtOrBelow(path, root());
        return isBelow ? new PathTemplate(text, base, segments, hidden.and(path)) : this;
    }

    /** Whether all rows are at a path or below it. */
    public boolean liesIn(String path) {
        return ZNodePath.isAtOrBelow(root(), path);
    }

    /** Whether all rows are in ZooKeeper's own subtree, and so can be read and never be written. */
    public boolean isReserved() {
        return base.isEmpty() && liesIn(ReservedPaths.OF_SERVER);
    }

    /** Whether a path is in a subtree that has no rows. */
    public boolean isHidden(String path) {
        return hidden.contain(path);
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
        return matcher.match(path);
    }

    /** Whether a path would be a row's if its names were values of their columns' types. */
    public boolean isUnconvertible(String path) {
        return matcher.isUnconvertible(path);
    }

    /** Whether several znodes may have one key, because a text may have several names. */
    public boolean isAmbiguous() {
        return ambiguous;
    }

    /** The path that is written for the key of a row's znode; the znodes of one key have one. */
    public String canonical(String path) {
        return ambiguous ? matcher.canonical(path) : path;
    }

    /** What is to be said of two znodes that have one key. */
    public String conflict(String one, String other) {
        String encoding = segments.stream()
                .map(segment -> segment instanceof Segment.Variable variable ? variable.encoding() : PathEncoding.NONE)
                .filter(PathEncoding::isAmbiguous)
                .findFirst()
                .map(PathEncoding::toString)
                .orElse("");
        return "The znodes '" + one + "' and '" + other + "' have the same key in the 'path' '" + text
                + "': with 'path.encoding' = '" + encoding
                + "' both names mean the same text. Delete one of them, or set"
                + " 'path.encoding' = 'none'.";
    }

    /**
     * The path of a row.
     *
     * @param values as {@link #match} gives them, none of them null
     */
    public String resolve(Object... values) {
        return builder.resolve(values);
    }

    /**
     * The path that is written for a row, or null if no znode can have these values.
     *
     * @param values as {@link #match} gives them, none of them null
     */
    public String locate(Object... values) {
        return builder.locate(values);
    }

    /**
     * The paths that a row may have, the one that is written first: where names are encoded, those that libraries would
     * give it. Whoever has encoded one in another way is not among them.
     *
     * @param values as {@link #match} gives them, none of them null
     */
    public Collection<String> locations(Object... values) {
        return builder.locations(values);
    }

    @Override
    public String toString() {
        return text;
    }
}
