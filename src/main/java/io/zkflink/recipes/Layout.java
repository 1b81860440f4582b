// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the nodes of a recipe are named.
 *
 * <p>Whatever stands before the marker is parsed leniently, because the libraries do not look at it either: whoever's
 * name ends like a contender's is waited for by all of them, and so has to be counted here. The sequence must be as a
 * server writes it.
 */
public enum Layout {
    /** Locks of Curator and go-zookeeper, whose id has no dashes. */
    CURATOR_LOCK("_c_", "-lock-", "lock-"),
    /** Locks of kazoo. */
    KAZOO_LOCK("", "__lock__", "__lock__"),
    /** Curator's {@code LeaderLatch}. */
    LATCH("_c_", "-latch-", "latch-"),
    /** Curator's {@code DistributedDoubleBarrier}: a member may have any name but {@link #READY}. */
    MEMBER("", "", "");

    /** The znode that says that a barrier is open. */
    public static final String READY = "ready";

    private static final Pattern DASHED =
            Pattern.compile("([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})");
    private static final Pattern UNDASHED =
            Pattern.compile("([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})");

    private final String beforeId;
    private final String afterId;
    private final String marker;
    private final Pattern pattern;

    /**
     * @param beforeId what stands before the id in a name that we give
     * @param afterId what follows it
     * @param marker by which the libraries recognise a contender; empty if the server does not number them
     */
    Layout(String beforeId, String afterId, String marker) {
        this.beforeId = beforeId;
        this.afterId = afterId;
        this.marker = marker;
        this.pattern = Pattern.compile("(.*)" + Pattern.quote(marker) + "(-?\\d{9,10})", Pattern.DOTALL);
    }

    /** What a znode of this id is to be created as: a prefix that the server appends a sequence to, or the name. */
    String prefix(UUID id) {
        String text = id.toString();
        return beforeId + (this == KAZOO_LOCK ? text.replace("-", "") : text) + afterId;
    }

    /** Whether the server numbers the znodes. */
    boolean isSequential() {
        return !marker.isEmpty();
    }

    /** What a name says, if it is one of this layout. */
    Optional<Contender> parse(String name) {
        if (!isSequential()) {
            return name.equals(READY)
                    ? Optional.empty()
                    : Optional.of(new Contender(name, id(DASHED.matcher(name)), 0, this));
        }
        Matcher matcher = pattern.matcher(name);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        String digits = matcher.group(2);
        long sequence = Long.parseLong(digits);
        return isCanonical(digits, sequence)
                ? Optional.of(new Contender(name, id(matcher.group(1)), (int) sequence, this))
                : Optional.empty();
    }

    /** Whether a server writes the sequence so: ten characters, or a sign and ten digits where there are so many. */
    private static boolean isCanonical(String digits, long sequence) {
        boolean isLong = sequence <= -1_000_000_000;
        boolean isNegativeZero = sequence == 0 && digits.startsWith("-");
        return sequence == (int) sequence && digits.length() == (isLong ? 11 : 10) && !isNegativeZero;
    }

    private static Optional<UUID> id(String before) {
        String text =
                before.startsWith("_c_") && before.endsWith("-") ? before.substring(3, before.length() - 1) : before;
        Matcher dashed = DASHED.matcher(text);
        return dashed.matches() ? id(dashed) : id(UNDASHED.matcher(text));
    }

    private static Optional<UUID> id(Matcher matcher) {
        return matcher.matches()
                ? Optional.of(UUID.fromString(String.join(
                        "-", matcher.group(1), matcher.group(2), matcher.group(3), matcher.group(4), matcher.group(5))))
                : Optional.empty();
    }
}
