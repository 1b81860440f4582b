// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import io.zkflink.path.PathTemplate;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.flink.annotation.Internal;

/**
 * Which recipe the resources of a table follow, and how its nodes are named.
 *
 * @param dialect how new nodes of a lock are named; those of others are read whatever their dialect
 * @param maxLeases how many of a lock's queue hold it
 * @param members how many have to enter a barrier until it opens
 */
@Internal
public record RecipeSettings(Recipe recipe, LockDialect dialect, int maxLeases, int members) implements Serializable {

    /** What those who hold locks and wait for them are named like. */
    private static final List<Layout> OF_LOCKS = List.of(
            Layout.CURATOR_LOCK,
            Layout.KAZOO_LOCK,
            Layout.CURATOR_READ,
            Layout.CURATOR_WRITE,
            Layout.KAZOO_READ,
            Layout.CURATOR_LEASE,
            Layout.KAZOO_LEASE);

    private static final List<Layout> NOT_TO_BE_MIXED =
            Stream.concat(OF_LOCKS.stream(), Stream.of(Layout.LATCH)).toList();

    /** Those of an election, a lock of another name. */
    public static RecipeSettings election() {
        return new RecipeSettings(Recipe.ELECTION, LockDialect.CURATOR, 1, 0);
    }

    public static RecipeSettings lock(LockDialect dialect, int maxLeases) {
        return new RecipeSettings(Recipe.LOCK, dialect, maxLeases, 0);
    }

    public static RecipeSettings barrier(int members) {
        return new RecipeSettings(Recipe.BARRIER, LockDialect.CURATOR, 0, members);
    }

    /** How nodes that are created are named. */
    public Layout layout() {
        return switch (recipe) {
            case LOCK -> dialect == LockDialect.KAZOO ? Layout.KAZOO_LOCK : Layout.CURATOR_LOCK;
            case ELECTION -> Layout.LATCH;
            case BARRIER -> Layout.MEMBER;
        };
    }

    /** The paths of the contenders, and of what else a recipe keeps among them. */
    public PathTemplate contenders(PathTemplate resources) {
        return resources.children(name -> (recipe == Recipe.BARRIER && name.equals(Layout.READY))
                || parse(name).isPresent());
    }

    /** Whether the server numbers the nodes; {@link #nameOf} then is only the beginning of a name. */
    public boolean isSequential() {
        return layout().isSequential();
    }

    /** What to create a node as, below its resource: its name, or where the server numbers nodes, what comes before. */
    public String nameOf(UUID id) {
        return layout().prefix(id);
    }

    /** The contender that a child of a resource is, whoever made it; empty if it takes no part. */
    public Optional<Contender> parse(String name) {
        Optional<Contender> ours = layout().parse(name);
        return ours.isPresent() || recipe != Recipe.LOCK ? ours : parse(name, OF_LOCKS);
    }

    private static Optional<Contender> parse(String name, List<Layout> layouts) {
        return layouts.stream()
                .map(layout -> layout.parse(name))
                .flatMap(Optional::stream)
                .findFirst();
    }

    /**
     * Who made a child of a resource beside which a program must not queue that names its nodes like this, because
     * neither would wait for the other; empty if there is no harm in it.
     */
    public Optional<String> stranger(String name) {
        if (!isSequential() || layout().parse(name).isPresent()) {
            return Optional.empty();
        }
        return name.equals(Layout.LEASES)
                ? Optional.of(Layout.CURATOR_LEASE.maker())
                : parse(name, NOT_TO_BE_MIXED)
                        .map(contender -> contender.layout().maker());
    }

    /** Whether a child is a lock of the other dialect, beside which a program could queue that speaks that one. */
    public boolean isOfOtherDialect(String name) {
        Layout other = dialect == LockDialect.KAZOO ? Layout.CURATOR_LOCK : Layout.KAZOO_LOCK;
        return recipe == Recipe.LOCK && other.parse(name).isPresent();
    }

    /**
     * The id of the one node that a session has for an owner's claim of a resource, so that a claim that is made twice
     * is one claim and that of another session is never taken for it.
     *
     * @param resource the path of the resource
     */
    public static UUID idOf(long sessionId, String resource, String owner) {
        byte[] path = resource.getBytes(StandardCharsets.UTF_8);
        byte[] who = owner.getBytes(StandardCharsets.UTF_8);
        ByteBuffer name = ByteBuffer.allocate(Long.BYTES + Integer.BYTES + path.length + who.length);
        return UUID.nameUUIDFromBytes(
                name.putLong(sessionId).putInt(path.length).put(path).put(who).array());
    }
}
