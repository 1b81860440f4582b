// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.session;

import io.zkflink.client.Acl;
import io.zkflink.path.ZNodePath;
import io.zkflink.recipes.RecipeSettings;
import io.zkflink.sink.batch.RetryPolicy;
import io.zkflink.sink.runtime.MailboxExecutorAdapter;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.sink.settings.ConflictPolicy;
import io.zkflink.sink.settings.SinkSettings;
import io.zkflink.testkit.FakeZooKeeper;
import io.zkflink.testkit.ManualTask;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;

/** A writer of session-bound rows on a {@link ManualTask}, which a test drives step by step. */
final class RunningWriter {

    static final String EPOCHS = "/_flink/commits/_sessions";
    private static final SinkSettings.Batching BATCHING =
            new SinkSettings.Batching(3, 2, 10_000, 1 << 20, Duration.ofMillis(100));

    final SessionBoundWriter writer;
    final ManualTask task = new ManualTask();
    private final FakeZooKeeper zk;

    private RunningWriter(
            FakeZooKeeper zk, boolean checkpointed, SessionBoundState state, Acl acl, ZNodeStrategy.Factory strategies)
            throws Exception {
        this.zk = zk;
        writer = new SessionBoundWriter(
                zk,
                state,
                strategies,
                new SessionBoundWriter.Settings(
                        EPOCHS,
                        new SinkSettings.Rows(ConflictPolicy.FAIL, false, false, acl),
                        BATCHING,
                        new RetryPolicy(Duration.ofSeconds(10), Duration.ofMillis(10))),
                new SessionBoundWriter.WriterContext(
                        checkpointed,
                        new MailboxExecutorAdapter(task),
                        task,
                        new SinkMetrics(new UnregisteredMetricsGroup())));
        writer.open();
        task.drain();
    }

    static RunningWriter ofZNodes(FakeZooKeeper zk, boolean checkpointed, SessionBoundState state, Acl acl)
            throws Exception {
        return new RunningWriter(
                zk, checkpointed, state, acl, context -> new EphemeralStrategy(context, Duration.ofSeconds(4)));
    }

    static RunningWriter ofClaims(
            FakeZooKeeper zk, boolean checkpointed, SessionBoundState state, RecipeSettings recipe) throws Exception {
        return new RunningWriter(zk, checkpointed, state, Acl.OPEN, context -> new ClaimStrategy(context, recipe));
    }

    // ---- Znodes.

    void put(String path, String data) throws Exception {
        putLater(path, data);
        task.drain();
    }

    void putLater(String path, String data) {
        writer.put(new SessionBoundRow.Id(path, null), data.getBytes(StandardCharsets.UTF_8));
    }

    void remove(String path) throws Exception {
        removeLater(path);
        task.drain();
    }

    void removeLater(String path) {
        writer.remove(new SessionBoundRow.Id(path, null));
    }

    // ---- Claims.

    void claim(String resource, String owner) throws Exception {
        claimLater(resource, owner);
        task.drain();
    }

    void claimLater(String resource, String owner) {
        writer.put(new SessionBoundRow.Id(resource, owner), owner.getBytes(StandardCharsets.UTF_8));
    }

    void release(String resource, String owner) throws Exception {
        releaseLater(resource, owner);
        task.drain();
    }

    void releaseLater(String resource, String owner) {
        writer.remove(new SessionBoundRow.Id(resource, owner));
    }

    // ---- Flink.

    /** Has a checkpoint complete, and gives what it holds. */
    SessionBoundState checkpoint(long id) throws Exception {
        SessionBoundState state = writer.snapshot(id);
        writer.completed(id);
        task.drain();
        return state;
    }

    void end() throws IOException, InterruptedException {
        writer.end();
        writer.close();
    }

    // ---- What the server has.

    /** The znodes of the session but its epoch, with their data. */
    static Map<String, String> owned(FakeZooKeeper zk) {
        Map<String, String> owned = new TreeMap<>();
        for (String path : zk.ephemerals().join()) {
            if (!path.startsWith(EPOCHS)) {
                owned.put(path, new String(zk.znode(path).orElseThrow().data(), StandardCharsets.UTF_8));
            }
        }
        return owned;
    }

    Map<String, String> owned() {
        return owned(zk);
    }

    /** The claims of the session, "resource owner", sorted. */
    List<String> claims() {
        return owned().entrySet().stream()
                .map(each -> ZNodePath.parent(each.getKey()) + " " + each.getValue())
                .sorted()
                .toList();
    }
}
