// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import java.io.Serializable;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.annotation.Internal;

/** One part of a {@link PathTemplate}. */
@Internal
public sealed interface Segment extends Serializable {

    /** A name that stands for itself. */
    record Literal(String name) implements Segment {}

    /**
     * One whole name, bound to a column.
     *
     * @param texts what a filter has left, or null for any
     * @param names the only names that are asked for, or null to list them
     */
    record Variable(String column, SegmentType type, PathEncoding encoding, Set<String> texts, Set<String> names)
            implements Segment {

        /**
         * The value of a znode's name, or null if that is no name of a value of this type, or a filter leaves it out.
         */
        public Object parse(String name) {
            String text = encoding.decode(name);
            return text == null || (texts != null && !texts.contains(text)) ? null : type.parse(text);
        }

        /**
         * This segment with fewer values.
         *
         * @param ways in how many of the ways of its encoding names are asked for; 0 to list them
         */
        Variable restrict(Collection<?> kept, int ways) {
            Set<String> left = kept.stream().map(Object::toString).collect(Collectors.toCollection(LinkedHashSet::new));
            Variable listed = new Variable(column, type, encoding, left, null);
            if (ways == 0) {
                return listed;
            }
            Set<String> asked = new LinkedHashSet<>();
            for (int way = 0; way < ways; way++) {
                for (String text : left) {
                    String name = encoding.encode(text, way);
                    if (ZNodeName.problemWith(name) == null && listed.parse(name) != null) {
                        asked.add(name);
                    }
                }
            }
            return new Variable(column, type, encoding, left, asked);
        }

        @Override
        public boolean converts(String name) {
            String text = encoding.decode(name);
            return text != null && type.parse(text) != null;
        }
    }

    /**
     * All remaining names, one or more, bound to a column as they are, with slashes between them.
     *
     * @param only the paths that a filter has left, or null for any
     */
    record Rest(String column, SegmentType type, Set<String> only) implements Segment {

        /** The value of what remains of a znode's path, or null if it is too long. */
        Object parse(String path) {
            return only != null && !only.contains(path) ? null : type.parse(path);
        }

        /** This segment with fewer values. */
        Rest restrict(Collection<?> kept) {
            Set<String> paths = kept.stream()
                    .map(Object::toString)
                    .filter(path -> ZNodeName.arePossible(path) && parse(path) != null)
                    .collect(Collectors.toCollection(LinkedHashSet::new));
            return new Rest(column, type, paths);
        }
    }

    /** One name that is bound to no column. */
    record Child(Names names) implements Segment {}

    /** Says which names can stand somewhere. */
    interface Names extends Serializable {
        boolean accept(String name);
    }

    /** The column that it is bound to; empty if there is none. */
    default String column() {
        return "";
    }

    /** Whether a name can stand here, as far as a single name says. */
    default boolean accepts(String name) {
        if (this instanceof Variable variable) {
            return variable.parse(name) != null;
        }
        return !(this instanceof Child child) || child.names().accept(name);
    }

    /** Whether a name could stand here if no filter left it out. */
    default boolean converts(String name) {
        return !(this instanceof Child child) || child.names().accept(name);
    }

    /** The names that can stand here, where they are known without asking a server; else null. */
    default Set<String> candidates() {
        if (this instanceof Literal literal) {
            return Set.of(literal.name());
        }
        if (this instanceof Variable variable) {
            return variable.names();
        }
        return this instanceof Rest rest ? rest.only() : null;
    }
}
