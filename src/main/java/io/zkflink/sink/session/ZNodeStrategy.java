// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.DedicatedSession;
import io.zkflink.client.SessionIdentity;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.sink.batch.GuardedClient;
import io.zkflink.sink.batch.KnownZNodes;
import io.zkflink.sink.batch.MissingParents;
import io.zkflink.sink.settings.SinkSettings;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** What the znodes of a writer's rows are, and how they are written. Everything happens on the task thread. */
sealed interface ZNodeStrategy permits EphemeralStrategy, ClaimStrategy {

    /** An operation of a request, and the row it is for. */
    record Step(SessionBoundRow row, ZNodeWrite write, Effect effect) {}

    /** What a step is to the znode of its row. */
    enum Effect {
        MAKES,
        SETS,
        DELETES,
        /** It is about another znode. */
        NONE
    }

    /**
     * What a strategy works with.
     *
     * @param restored whether the writer goes on with rows of a checkpoint
     */
    record Context(
            EpochFencedSession fence,
            SessionBoundRows rows,
            PendingAnswers answers,
            SinkSettings.Rows settings,
            boolean restored,
            Executor thread) {

        /** For reads; writes go through {@link #client}. */
        DedicatedSession session() {
            return fence.session();
        }

        /** Writes only while the session is ours. */
        GuardedClient client() {
            return fence.client();
        }

        /** The id of the session that is ours. */
        long sessionId() {
            return fence.established().id();
        }

        MissingParents parents() {
            return new MissingParents(client(), settings.parentAcl(), new KnownZNodes(), thread);
        }
    }

    /** Makes the strategy of a writer. */
    interface Factory extends Serializable {
        ZNodeStrategy of(Context context);
    }

    /** What a row recognises its znode by in a session. */
    String key(SessionBoundRow row, long session);

    /** The key of the row that a znode of this session belongs to; empty if it is none of ours. */
    Optional<String> key(String node);

    /** What to call a row that nobody has asked for, to be deleted with the znode that it has. */
    SessionBoundRow.Id idOf(String orphan);

    /** What the znode of a row lies at or below. */
    String top(SessionBoundRow.Id id);

    /**
     * Hears that it is known again which znodes the rows have.
     *
     * @param predecessor the session that rows had their znodes in before this one; null if there was none
     */
    default void onCompared(SessionIdentity predecessor) {}

    /** Finds out what has to be known before these rows can be written; they stay under way meanwhile. */
    CompletableFuture<Void> prepare(List<SessionBoundRow> batch);

    /** What makes these rows what they should be, as far as one request may. */
    List<Step> steps(List<SessionBoundRow> batch);

    /** Does what it takes for steps to be possible of which one was refused; their rows are then prepared again. */
    CompletableFuture<Void> repair(List<Step> steps, int refused, ZooKeeperException cause);

    /** Does what is to follow these steps, which are made. */
    default void onCompleted(List<Step> steps) {}

    /** The znode of a row was deleted by somebody else. */
    default void onDeleted(SessionBoundRow row) {}
}
