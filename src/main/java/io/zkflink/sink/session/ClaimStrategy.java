// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.Acl;
import io.zkflink.client.CreateMode;
import io.zkflink.client.Failure;
import io.zkflink.client.SessionIdentity;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.ZNodePath;
import io.zkflink.recipes.Contender;
import io.zkflink.recipes.Recipe;
import io.zkflink.recipes.RecipeSettings;
import io.zkflink.sink.batch.MissingParents;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * Rows that queue for locks, run for offices and enter barriers; a row that goes releases, steps down, leaves. Nothing
 * waits for a grant: readers of the resource see it.
 *
 * <p>A row has one node in a session, whose name is made of session, resource and owner. So a claim that is made twice
 * is one claim, a node whose creation was not answered is recognised, and that of another session never taken for ours.
 * Before it queues where it has no node yet, the writer reads who is there: it refuses to queue with programs that
 * number nodes differently, and notes which nodes its rows had in the session before this one. A server that deletes
 * those late would have rows wait for themselves, so each goes before its row queues anew.
 */
final class ClaimStrategy implements ZNodeStrategy {

    private final Context context;
    private final RecipeSettings recipe;
    private final MissingParents parents;
    private final BarrierReadiness barriers;
    /** What was found at resources that had no node of ours. */
    private final Map<String, Survey> surveys = new HashMap<>();
    /** The contenders that were there, by resource and id, if the rows had nodes in an earlier session. */
    private final Map<String, Map<UUID, String>> earlier = new HashMap<>();

    /** Resources that turned out not to be there any more, whatever nodes of ours they had. */
    private final Set<String> gone = new HashSet<>();

    private SessionIdentity predecessor;
    private CreateMode resourceMode = CreateMode.CONTAINER;

    /**
     * A resource before we queue there.
     *
     * @param exists whether it has a znode
     * @param isStale whether it is a barrier that is open and has no members
     */
    private record Survey(boolean exists, boolean isStale) {}

    ClaimStrategy(Context context, RecipeSettings recipe) {
        this.context = context;
        this.recipe = recipe;
        this.parents = context.parents();
        this.barriers = new BarrierReadiness(context, recipe);
    }

    @Override
    public String key(SessionBoundRow row, long session) {
        return key(row.path(), id(row, session));
    }

    @Override
    public Optional<String> key(String node) {
        return recipe.parse(ZNodePath.name(node)).flatMap(Contender::id).map(id -> key(ZNodePath.parent(node), id));
    }

    private static String key(String resource, UUID id) {
        return resource + "/" + id;
    }

    private static UUID id(SessionBoundRow row, long session) {
        return RecipeSettings.idOf(session, row.path(), row.id().owner());
    }

    @Override
    public SessionBoundRow.Id idOf(String orphan) {
        // The name does not tell the owner; no row has this one.
        return new SessionBoundRow.Id(ZNodePath.parent(orphan), "\0" + orphan);
    }

    @Override
    public String top(SessionBoundRow.Id id) {
        return id.path();
    }

    @Override
    public void onCompared(SessionIdentity predecessor) {
        this.predecessor = predecessor;
        surveys.clear();
        for (SessionBoundRow row : context.rows().all()) {
            if (row.node() != null) {
                barriers.changed(row.path());
                if (row.isUnread()) {
                    read(row);
                }
            }
        }
        barriers.update();
    }

    /** Takes a node for its row's that was found in the session: its name says that it is, and so what data it has. */
    private void read(SessionBoundRow row) {
        row.foundAt(row.node(), row.data());
        barriers.changed(row.path());
    }

    @Override
    public CompletableFuture<Void> prepare(List<SessionBoundRow> batch) {
        Map<String, CompletableFuture<Optional<List<String>>>> answers = new LinkedHashMap<>();
        for (SessionBoundRow row : batch) {
            if (row.isUnread()) {
                read(row);
            } else if (isToCome(row)
                    && (gone.remove(row.path()) || !context.rows().ownBelow(row.path()))) {
                answers.computeIfAbsent(row.path(), context.session()::children);
            }
        }
        barriers.update();
        return CompletableFuture.allOf(answers.values().toArray(CompletableFuture[]::new))
                .thenRunAsync(
                        () -> answers.forEach(
                                (resource, names) -> surveys.put(resource, survey(resource, names.join()))),
                        context.thread());
    }

    private static boolean isToCome(SessionBoundRow row) {
        return row.isWanted() && row.node() == null;
    }

    private Survey survey(String resource, Optional<List<String>> names) {
        Map<UUID, String> contenders = new HashMap<>();
        for (String name : names.orElse(List.of())) {
            Optional<String> stranger = recipe.stranger(name);
            if (stranger.isPresent()) {
                context.answers().fail(refusal(resource, name, stranger.get()));
            } else {
                recipe.parse(name).ifPresent(each -> contenders.put(each.id().orElseGet(UUID::randomUUID), name));
            }
        }
        if (predecessor != null) {
            earlier.put(resource, contenders);
        }
        return new Survey(names.isPresent(), barriers.isReady(names) && contenders.isEmpty());
    }

    /** Why nobody may queue beside a node that somebody else made. */
    private IOException refusal(String resource, String name, String maker) {
        boolean isLock = recipe.recipe() == Recipe.LOCK;
        String ours = isLock ? "a contender of 'lock.dialect' = '" + recipe.dialect() + "'" : "a candidate";
        String wayOut = recipe.isOfOtherDialect(name)
                ? "Set 'lock.dialect' to what the other programs use, or use another 'path'."
                : "Use another 'path'; if nobody uses that node any more, delete it.";
        return new IOException(String.format(
                "The %s '%s' has the contender '%s', which %s made: it and %s would not see who of them is first, and"
                        + " both might %s. %s",
                recipe.recipe(), resource, name, maker, ours, isLock ? "hold the lock" : "lead", wayOut));
    }

    @Override
    public List<Step> steps(List<SessionBoundRow> batch) {
        List<Step> steps = new ArrayList<>();
        Set<String> resources = new HashSet<>();
        for (SessionBoundRow row : batch) {
            if (!row.isWanted() && row.node() != null) {
                steps.add(new Step(row, new ZNodeWrite.Delete(row.node(), ZNodeWrite.ANY_VERSION), Effect.DELETES));
            } else if (isToCome(row) && resources.add(row.path())) {
                addArrival(row, surveys.remove(row.path()), steps);
            }
        }
        return steps;
    }

    private void addArrival(SessionBoundRow row, Survey survey, List<Step> steps) {
        String path = row.path();
        if (survey != null && !survey.exists()) {
            Acl acl = context.settings().parentAcl();
            steps.add(new Step(row, new ZNodeWrite.Create(path, null, resourceMode, 0, acl), Effect.NONE));
        }
        String before = nodeBefore(row);
        if (before != null) {
            steps.add(deletion(row, path + "/" + before));
        }
        if (survey != null && survey.isStale()) {
            steps.add(deletion(row, barriers.ready(path)));
        }
        String name = path + "/" + recipe.nameOf(id(row, context.sessionId()));
        CreateMode mode = recipe.isSequential() ? CreateMode.EPHEMERAL_SEQUENTIAL : CreateMode.EPHEMERAL;
        ZNodeWrite create = new ZNodeWrite.Create(
                name, row.data(), mode, 0, context.settings().acl());
        steps.add(new Step(row, create, Effect.MAKES));
    }

    private static Step deletion(SessionBoundRow row, String path) {
        return new Step(row, new ZNodeWrite.Delete(path, ZNodeWrite.ANY_VERSION), Effect.NONE);
    }

    /** The name of the node that a row had in the session before this one, if a survey has found it; or null. */
    private String nodeBefore(SessionBoundRow row) {
        Map<UUID, String> contenders = earlier.getOrDefault(row.path(), Map.of());
        return contenders.isEmpty() ? null : contenders.get(id(row, predecessor.id()));
    }

    private void nodeBeforeIsGone(SessionBoundRow row) {
        if (nodeBefore(row) != null) {
            earlier.get(row.path()).remove(id(row, predecessor.id()));
        }
    }

    @Override
    public void onCompleted(List<Step> steps) {
        for (Step step : steps) {
            SessionBoundRow row = step.row();
            if (step.effect() == Effect.MAKES) {
                nodeBeforeIsGone(row);
            }
            if (step.effect() != Effect.NONE) {
                barriers.changed(row.path());
            }
        }
        barriers.update();
    }

    /** It queues anew, at the end. */
    @Override
    public void onDeleted(SessionBoundRow row) {
        barriers.changed(row.path());
        barriers.update();
    }

    @Override
    public CompletableFuture<Void> repair(List<Step> steps, int refused, ZooKeeperException cause) {
        Step step = steps.get(refused);
        SessionBoundRow row = step.row();
        boolean isGone = cause.failure() == Failure.NO_NODE;
        boolean exists = cause.failure() == Failure.NODE_EXISTS;
        boolean isResource = step.effect() == Effect.NONE && step.write() instanceof ZNodeWrite.Create;
        if (step.effect() == Effect.DELETES && isGone) {
            context.rows().move(row, row::notFound);
            barriers.changed(row.path());
        } else if (step.effect() == Effect.MAKES && isGone) {
            // The server deletes containers that are empty, and others what they like: it is surveyed again.
            gone.add(row.path());
        } else if (step.effect() == Effect.MAKES && exists) {
            context.rows().move(row, () -> row.foundAt(step.write().path(), row.data()));
            barriers.changed(row.path());
        } else if (isResource && isGone) {
            return createParents(steps, row.path());
        } else if (isResource && cause.failure() == Failure.UNSUPPORTED && resourceMode == CreateMode.CONTAINER) {
            resourceMode = CreateMode.PERSISTENT;
        } else if (step.effect() == Effect.NONE && (isGone || exists)) {
            if (nodeBefore(row) != null && step.write().path().endsWith("/" + nodeBefore(row))) {
                nodeBeforeIsGone(row);
            }
        } else {
            return CompletableFuture.failedFuture(cause);
        }
        barriers.update();
        return CompletableFuture.completedFuture(null);
    }

    private CompletableFuture<Void> createParents(List<Step> steps, String orphan) {
        List<String> resources = steps.stream()
                .filter(each -> each.effect() == Effect.NONE && each.write() instanceof ZNodeWrite.Create)
                .map(each -> each.row().path())
                .toList();
        return parents.create(resources, orphan);
    }
}
