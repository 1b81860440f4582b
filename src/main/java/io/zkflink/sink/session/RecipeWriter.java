// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.CreateMode;
import io.zkflink.client.DedicatedSession;
import io.zkflink.client.Failure;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.ZNodePath;
import io.zkflink.recipes.Contender;
import io.zkflink.recipes.Layout;
import io.zkflink.recipes.Recipe;
import io.zkflink.recipes.RecipeSettings;
import io.zkflink.sink.batch.KnownZNodes;
import io.zkflink.sink.batch.MissingParents;
import io.zkflink.sink.settings.SinkSettings;
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
 * Before it queues where it has no node yet, the writer looks who is there: it refuses to queue with programs that
 * number nodes differently, and takes down which nodes its rows had in the session before this one. A server that
 * deletes those late would have rows wait for themselves, so each goes before its row queues anew.
 *
 * <p>Whoever creates the last missing member of a barrier creates {@code ready}, too, and the last to leave deletes it,
 * each by a request of its own: killed before it, the next writer of this session does so; if there is none, whoever
 * enters and finds {@code ready} without members knows that it is left over, and deletes it.
 */
final class RecipeWriter extends SessionBoundWriter {

    private final RecipeSettings recipe;
    private final SinkSettings.Rows settings;
    private final MissingParents parents;
    /** How many nodes of ours resources have that have any. */
    private final Map<String, Integer> ours = new HashMap<>();
    /** What was found at resources that had no node of ours. */
    private final Map<String, Survey> surveys = new HashMap<>();
    /** The nodes that rows had in the session before this one, as far as surveys have found any. */
    private final Map<SessionBoundRow.Id, String> leftBehind = new HashMap<>();
    /** Barriers that may have to be opened or closed. */
    private final Set<String> barriers = new HashSet<>();

    private CreateMode resourceMode = CreateMode.CONTAINER;

    /**
     * A resource before we queue there.
     *
     * @param exists whether it has a znode
     * @param isStale whether it is a barrier that is open and has no members
     */
    private record Survey(boolean exists, boolean isStale) {}

    RecipeWriter(
            DedicatedSession session,
            SessionBoundState state,
            RecipeSettings recipe,
            SinkSettings settings,
            Owning owning,
            WriterContext writerContext) {
        super(session, state, settings, owning, writerContext);
        this.recipe = recipe;
        this.settings = settings.rows();
        this.parents = new MissingParents(client(), settings.rows().parentAcl(), new KnownZNodes(), thread());
    }

    @Override
    String mark(SessionBoundRow row, long session) {
        return mark(row.path(), id(row, session));
    }

    @Override
    Optional<String> mark(String node) {
        return recipe.parse(ZNodePath.name(node)).flatMap(Contender::id).map(id -> mark(ZNodePath.parent(node), id));
    }

    @Override
    String home(SessionBoundRow.Id id) {
        return id.path();
    }

    /** It queues anew, at the end. */
    @Override
    public void vanished(SessionBoundRow row) {
        left(row);
        if (recipe.recipe() == Recipe.BARRIER) {
            barriers.add(row.path());
            updateBarrier();
        }
    }

    private static String mark(String resource, UUID id) {
        return resource + "/" + id;
    }

    private static UUID id(SessionBoundRow row, long session) {
        return RecipeSettings.idOf(session, row.path(), row.id().owner());
    }

    @Override
    void compared() {
        ours.clear();
        surveys.clear();
        if (recipe.recipe() == Recipe.BARRIER) {
            rows().all().stream().filter(row -> row.node() != null).forEach(row -> barriers.add(row.path()));
        }
        for (SessionBoundRow row : rows().all()) {
            if (row.node() != null) {
                ours.merge(row.path(), 1, Integer::sum);
                if (row.isUnread()) {
                    read(row);
                }
            }
        }
        updateBarrier();
    }

    /** Takes a node for its row's that was found in the session: its name says that it is, and so what data it has. */
    private void read(SessionBoundRow row) {
        row.isAt(row.node(), row.data());
        if (recipe.recipe() == Recipe.BARRIER) {
            barriers.add(row.path());
        }
    }

    @Override
    public CompletableFuture<Void> prepare(List<SessionBoundRow> batch) {
        Map<SessionBoundRow, CompletableFuture<Optional<List<String>>>> answers = new LinkedHashMap<>();
        for (SessionBoundRow row : batch) {
            if (row.isUnread()) {
                read(row);
            } else if (isToCome(row) && !ours.containsKey(row.path())) {
                answers.put(row, session().children(row.path()));
            }
        }
        updateBarrier();
        return CompletableFuture.allOf(answers.values().toArray(CompletableFuture[]::new))
                .thenRunAsync(
                        () -> answers.forEach((row, names) -> surveys.put(row.path(), survey(row, names.join()))),
                        thread());
    }

    private static boolean isToCome(SessionBoundRow row) {
        return row.isWanted() && row.node() == null;
    }

    private Survey survey(SessionBoundRow first, Optional<List<String>> names) {
        String resource = first.path();
        Map<UUID, String> contenders = new HashMap<>();
        for (String name : names.orElse(List.of())) {
            Optional<String> stranger = recipe.stranger(name);
            if (stranger.isPresent()) {
                requests().fail(refusal(resource, name, stranger.get()));
            } else {
                recipe.parse(name).ifPresent(each -> contenders.put(each.id().orElseGet(UUID::randomUUID), name));
            }
        }
        if (predecessor() != null) {
            // The others come one after the other, when it is not looked again.
            noteLeftBehind(first, contenders);
            rows().dirty(resource).forEach(row -> noteLeftBehind(row, contenders));
        }
        boolean isReady =
                recipe.recipe() == Recipe.BARRIER && names.orElse(List.of()).contains(Layout.READY);
        return new Survey(names.isPresent(), isReady && contenders.isEmpty());
    }

    private void noteLeftBehind(SessionBoundRow row, Map<UUID, String> contenders) {
        String name = contenders.get(id(row, predecessor().id()));
        if (name != null) {
            leftBehind.put(row.id(), row.path() + "/" + name);
        }
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
        for (SessionBoundRow row : batch) {
            if (!row.isWanted() && row.node() != null) {
                steps.add(new Step(row, new ZNodeWrite.Delete(row.node(), ZNodeWrite.ANY_VERSION), Effect.DELETES));
            } else if (isToCome(row)) {
                addArrival(row, surveys.remove(row.path()), steps);
            }
        }
        return steps;
    }

    private void addArrival(SessionBoundRow row, Survey survey, List<Step> steps) {
        String path = row.path();
        if (survey != null && !survey.exists()) {
            steps.add(new Step(
                    row, new ZNodeWrite.Create(path, null, resourceMode, 0, settings.parentAcl()), Effect.NONE));
        }
        String left = leftBehind.get(row.id());
        if (left != null) {
            steps.add(deletion(row, left));
        }
        if (survey != null && survey.isStale()) {
            steps.add(deletion(row, path + "/" + Layout.READY));
        }
        String name = path + "/" + recipe.nameOf(id(row, identity().id()));
        CreateMode mode = recipe.isSequential() ? CreateMode.EPHEMERAL_SEQUENTIAL : CreateMode.EPHEMERAL;
        steps.add(new Step(row, new ZNodeWrite.Create(name, row.data(), mode, 0, settings.acl()), Effect.MAKES));
    }

    private static Step deletion(SessionBoundRow row, String path) {
        return new Step(row, new ZNodeWrite.Delete(path, ZNodeWrite.ANY_VERSION), Effect.NONE);
    }

    @Override
    public void onCompleted(List<Step> steps) {
        for (Step step : steps) {
            String resource = ZNodePath.parent(step.write().path());
            if (step.effect() == Effect.MAKES) {
                leftBehind.remove(step.row().id());
                ours.merge(resource, 1, Integer::sum);
            } else if (step.effect() == Effect.DELETES) {
                left(step.row());
            }
            if (recipe.recipe() == Recipe.BARRIER && step.effect() != Effect.NONE) {
                barriers.add(resource);
            }
        }
        updateBarrier();
    }

    private void left(SessionBoundRow row) {
        ours.computeIfPresent(row.path(), (path, count) -> count == 1 ? null : count - 1);
    }

    @Override
    public CompletableFuture<Void> repairAndRetry(List<Step> steps, int refused, ZooKeeperException cause) {
        Step step = steps.get(refused);
        SessionBoundRow row = step.row();
        Failure failure = cause.failure();
        boolean isGone = failure == Failure.NO_NODE;
        if (step.effect() == Effect.DELETES && isGone) {
            requests().moved(row, row::isNowhere);
            left(row);
        } else if (step.effect() == Effect.MAKES && isGone) {
            // The server deletes containers that are empty, and others what they like: it is surveyed again.
            ours.remove(row.path());
        } else if (step.effect() == Effect.MAKES && failure == Failure.NODE_EXISTS) {
            requests().moved(row, () -> row.isAt(step.write().path(), row.data()));
            ours.merge(row.path(), 1, Integer::sum);
        } else if (step.write() instanceof ZNodeWrite.Create && step.effect() == Effect.NONE && isGone) {
            List<String> created = steps.stream()
                    .filter(each -> each.effect() == Effect.NONE && each.write() instanceof ZNodeWrite.Create)
                    .map(each -> each.row().path())
                    .toList();
            return parents.create(created, row.path());
        } else if (step.effect() == Effect.NONE
                && failure == Failure.UNSUPPORTED
                && resourceMode == CreateMode.CONTAINER) {
            resourceMode = CreateMode.PERSISTENT;
        } else if (step.effect() != Effect.NONE || !(isGone || failure == Failure.NODE_EXISTS)) {
            return CompletableFuture.failedFuture(cause);
        } else {
            leftBehind.remove(row.id(), step.write().path());
        }
        return CompletableFuture.completedFuture(null);
    }

    /** Opens the barriers that all have entered, and closes those that all have left. */
    private void updateBarrier() {
        for (String barrier : List.copyOf(barriers)) {
            barriers.remove(barrier);
            requests()
                    .request(
                            session()
                                    .children(barrier)
                                    .thenComposeAsync(names -> updateBarrier(barrier, names), thread()),
                            () -> barriers.add(barrier));
        }
    }

    private CompletableFuture<?> updateBarrier(String barrier, Optional<List<String>> names) {
        long members = names.orElse(List.of()).stream()
                .filter(name -> recipe.parse(name).isPresent())
                .count();
        boolean isReady = names.orElse(List.of()).contains(Layout.READY);
        String ready = barrier + "/" + Layout.READY;
        if (!isReady && members >= recipe.members()) {
            return write(new ZNodeWrite.Create(ready, null, CreateMode.PERSISTENT, 0, settings.parentAcl()));
        }
        if (isReady && members == 0) {
            return write(new ZNodeWrite.Delete(ready, ZNodeWrite.ANY_VERSION));
        }
        return CompletableFuture.completedFuture(null);
    }

    /** Somebody else may have been faster. */
    private CompletableFuture<?> write(ZNodeWrite write) {
        return client().write(List.of(write))
                .thenAcceptAsync(
                        refusal -> {
                            Failure failure =
                                    refusal.map(each -> each.failure()).orElse(null);
                            if (failure != null && failure != Failure.NODE_EXISTS && failure != Failure.NO_NODE) {
                                requests().fail(refusal.get().cause());
                            }
                        },
                        thread());
    }
}
