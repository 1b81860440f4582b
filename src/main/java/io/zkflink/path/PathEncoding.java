// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import java.util.List;
import java.util.Locale;
import org.apache.flink.annotation.PublicEvolving;

/** How a column's text becomes the name of a znode. */
@PublicEvolving
public enum PathEncoding {
    /** The text is the name. */
    NONE(List.of(), false),
    /**
     * The name is the percent-encoded text. Libraries differ in what they encode, and whatever is validly encoded is
     * understood; names are given as {@link java.net.URLEncoder} writes them and Dubbo's registry uses them.
     */
    URL(PercentEncoding.OF_LIBRARIES, true),
    /**
     * As {@link #URL}, but names are given as RFC 3986 writes them, a blank as {@code %20}, and a {@code +} in a name
     * is a plus.
     */
    URI(PercentEncoding.OF_URIS, false);

    /** The ways in which libraries encode a text, ours first; none where a text has one name only. */
    private final List<PercentEncoding> ways;

    private final boolean isPlusABlank;

    PathEncoding(List<PercentEncoding> ways, boolean isPlusABlank) {
        this.ways = ways;
        this.isPlusABlank = isPlusABlank;
    }

    /** The name that is given to a text. */
    String encode(String text) {
        return ways.isEmpty() ? text : ways.get(0).encode(text);
    }

    /** Whether several names may mean one text. */
    boolean isAmbiguous() {
        return !ways.isEmpty();
    }

    /** In how many ways a text may be encoded, as far as that is known. */
    int ways() {
        return Math.max(1, ways.size());
    }

    /** The name that a text has when encoded in one of the ways; it may mean another text. */
    String encode(String text, int way) {
        return ways.isEmpty() ? text : ways.get(way).encode(text);
    }

    /** The text of a name, or null if no text is encoded like that. */
    String decode(String name) {
        return ways.isEmpty() ? name : PercentEncoding.decode(name, isPlusABlank);
    }

    /** As the option spells it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
