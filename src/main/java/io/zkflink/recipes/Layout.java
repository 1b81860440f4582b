// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.annotation.Internal;

/**
 * How the nodes of a recipe are named.
 *
 * <p>Whatever stands before the marker is parsed leniently, because the libraries do not look at it either: whoever's
 * name ends like a contender's is waited for by all of them, and so has to be counted here. The sequence must be as a
 * server writes it.
 */
@Internal
public enum Layout {
    /** Curator's {@code InterProcessMutex}, and go-zookeeper's {@code Lock}, whose id has no dashes. */
    CURATOR_LOCK("_c_", "-lock-", "lock-", Sharing.LEASES, "Curator or go-zookeeper"),
    /** Kazoo's {@code Lock} and {@code WriteLock}, which cannot be told apart. */
    KAZOO_LOCK("", "__lock__", "__lock__", Sharing.LEASES, "kazoo"),
    /** The read lock of Curator's {@code InterProcessReadWriteLock}. */
    CURATOR_READ("_c_", "-__READ__", "__READ__", Sharing.SHARED, "Curator's InterProcessReadWriteLock"),
    /** The write lock of Curator's {@code InterProcessReadWriteLock}. */
    CURATOR_WRITE("_c_", "-__WRIT__", "__WRIT__", Sharing.ALONE, "Curator's InterProcessReadWriteLock"),
    /** Kazoo's {@code ReadLock}. */
    KAZOO_READ("", "__rlock__", "__rlock__", Sharing.SHARED, "kazoo's ReadLock"),
    /** A lease of Curator's {@code InterProcessSemaphoreV2}, below {@link #LEASES}. */
    CURATOR_LEASE("_c_", "-lease-", "lease-", Sharing.LEASES, "Curator's InterProcessSemaphoreV2"),
    /** A lease of kazoo's {@code Semaphore}: there is only one while it is held. */
    KAZOO_LEASE("", "", "", Sharing.SHARED, "kazoo's Semaphore"),
    /** Curator's {@code LeaderLatch}. */
    LATCH("_c_", "-latch-", "latch-", Sharing.LEASES, "Curator's LeaderLatch"),
    /** Curator's {@code DistributedDoubleBarrier}: a member may have any name but {@link #READY}. */
    MEMBER("", "", "", Sharing.SHARED, "Curator's DistributedDoubleBarrier");

    /** With whom a contender can hold a resource at the same time. */
    enum Sharing {
        /** With others like it, as many as the reader allows. */
        LEASES,
        /** With any number of others like it. */
        SHARED,
        /** With nobody. */
        ALONE
    }

    /** The child of a resource below which Curator's {@code InterProcessSemaphoreV2} keeps its leases. */
    static final String LEASES = "leases";

    /** The znode that says that a barrier is open. */
    public static final String READY = "ready";

    private static final Pattern DASHED =
            Pattern.compile("([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})");
    private static final Pattern UNDASHED =
            Pattern.compile("([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})");

    private final String beforeId;
    private final String afterId;
    private final String marker;
    private final Sharing sharing;
    private final String maker;
    private final Pattern pattern;

    /**
     * @param beforeId what stands before the id in a name that we give
     * @param afterId what follows it
     * @param marker by which the libraries recognise a contender; empty if the server does not number them
     * @param maker whose nodes these are, for messages
     */
    Layout(String beforeId, String afterId, String marker, Sharing sharing, String maker) {
        this.beforeId = beforeId;
        this.afterId = afterId;
        this.marker = marker;
        this.sharing = sharing;
        this.maker = maker;
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

    Sharing sharing() {
        return sharing;
    }

    /** Whose nodes these are, for messages. */
    String maker() {
        return maker;
    }

    /** What a name says, if it is one of this layout. */
    Optional<Contender> parse(String name) {
        if (this == KAZOO_LEASE) {
            return id(UNDASHED.matcher(name)).map(id -> new Contender(name, Optional.of(id), 0, this));
        }
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
