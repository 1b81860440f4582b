// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.Acl;
import io.zkflink.client.CreateMode;
import io.zkflink.client.Failure;
import io.zkflink.client.WriteRefusal;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.recipes.Layout;
import io.zkflink.recipes.Recipe;
import io.zkflink.recipes.RecipeSettings;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The znodes {@code ready} of barriers. Whoever creates the last missing member creates it, too, and the last to leave
 * deletes it, each by a request of its own: killed before it, the next writer of this session does so; if there is
 * none, whoever enters and finds {@code ready} without members knows that it is left over, and deletes it.
 */
final class BarrierReadiness {

    private final ZNodeStrategy.Context context;
    private final RecipeSettings recipe;
    /** Barriers that may have to be opened or closed. */
    private final Set<String> changed = new HashSet<>();

    BarrierReadiness(ZNodeStrategy.Context context, RecipeSettings recipe) {
        this.context = context;
        this.recipe = recipe;
    }

    String ready(String barrier) {
        return barrier + "/" + Layout.READY;
    }

    /** Whether a resource with these children is a barrier that is open. */
    boolean isReady(Optional<List<String>> children) {
        return recipe.recipe() == Recipe.BARRIER && children.orElse(List.of()).contains(Layout.READY);
    }

    /** Somebody has entered or left a resource, if that is a barrier. */
    void changed(String resource) {
        if (recipe.recipe() == Recipe.BARRIER) {
            changed.add(resource);
        }
    }

    /** Opens the barriers that all have entered, and closes those that all have left. */
    void update() {
        for (String barrier : List.copyOf(changed)) {
            changed.remove(barrier);
            CompletableFuture<?> updated = context.session()
                    .children(barrier)
                    .thenComposeAsync(names -> update(barrier, names), context.thread());
            context.answers().request(updated, () -> changed.add(barrier));
        }
    }

    private CompletableFuture<?> update(String barrier, Optional<List<String>> names) {
        long members = names.orElse(List.of()).stream()
                .filter(name -> recipe.parse(name).isPresent())
                .count();
        if (!isReady(names) && members >= recipe.members()) {
            Acl acl = context.settings().parentAcl();
            return write(new ZNodeWrite.Create(ready(barrier), null, CreateMode.PERSISTENT, 0, acl));
        }
        if (isReady(names) && members == 0) {
            return write(new ZNodeWrite.Delete(ready(barrier), ZNodeWrite.ANY_VERSION));
        }
        return CompletableFuture.completedFuture(null);
    }

    /** Somebody else may have been faster. */
    private CompletableFuture<?> write(ZNodeWrite write) {
        return context.client().write(List.of(write)).thenAcceptAsync(this::checkRefusal, context.thread());
    }

    private void checkRefusal(Optional<WriteRefusal> refusal) {
        Failure failure = refusal.map(WriteRefusal::failure).orElse(null);
        if (failure != null && failure != Failure.NODE_EXISTS && failure != Failure.NO_NODE) {
            context.answers().fail(refusal.get().cause());
        }
    }
}
