// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import io.zkflink.path.PathTemplate;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;

/**
 * Which recipe the resources of a table follow, and how its nodes are named.
 *
 * @param recipe any but {@link Recipe#NODE}
 * @param dialect how new nodes of a lock are named; those of others are read whatever their dialect
 * @param maxLeases how many of a lock's queue hold it
 * @param members how many have to enter a barrier until it opens
 */
public record RecipeSettings(Recipe recipe, LockDialect dialect, int maxLeases, int members) implements Serializable {

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
            case NODE -> throw new IllegalStateException("A znode is no recipe.");
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

    /** The contender that a child of a resource is, of whatever dialect; empty if it takes no part. */
    public Optional<Contender> parse(String name) {
        Optional<Contender> ours = layout().parse(name);
        if (ours.isPresent() || recipe != Recipe.LOCK) {
            return ours;
        }
        return (dialect == LockDialect.KAZOO ? Layout.CURATOR_LOCK : Layout.KAZOO_LOCK).parse(name);
    }

    /** Whether a contender's program and one that names its nodes like this must not queue together. */
    public boolean isForeign(Contender contender) {
        return contender.layout() != layout();
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
