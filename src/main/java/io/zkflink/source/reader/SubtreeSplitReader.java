// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source.reader;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.client.session.SessionPool;
import io.zkflink.path.PathTemplate;
import io.zkflink.source.settings.ScanSettings;
import io.zkflink.source.split.Buckets;
import io.zkflink.source.split.SubtreeSplit;
import io.zkflink.subtree.FeedStatistics;
import io.zkflink.subtree.SubtreeFeed;
import io.zkflink.subtree.state.FeedEvent;
import io.zkflink.subtree.state.FeedEvent.WalkEnded;
import java.io.IOException;
import java.util.List;
import java.util.TreeSet;
import org.apache.flink.annotation.Internal;
import org.apache.flink.connector.base.source.reader.RecordsBySplits;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.connector.base.source.reader.splitreader.SplitReader;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsChange;

/**
 * Feeds a reader with what is seen of its buckets; starts to look when the first of them are assigned. Used by the
 * fetcher thread only, except for {@link #wakeUp}.
 */
@Internal
public final class SubtreeSplitReader implements SplitReader<FeedEvent, SubtreeSplit> {

    private static final long POLL_MILLIS = 10_000;

    private final PathTemplate template;
    private final ScanSettings settings;
    private final RowLimit limit;
    private final ZooKeeperClient client;
    private final TreeSet<Integer> buckets = new TreeSet<>();
    private final boolean[] owned = new boolean[Buckets.COUNT];

    /** Whether the znodes of one parent belong together; else each is a row by itself. */
    private final boolean siblings;

    private volatile SubtreeFeed feed;

    public SubtreeSplitReader(
            ConnectionSettings connection,
            PathTemplate template,
            ScanSettings settings,
            boolean siblings,
            RowLimit limit,
            ScanMetrics metrics) {
        this.template = template;
        this.settings = settings;
        this.siblings = siblings;
        this.limit = limit;
        this.client = SessionPool.open(connection);
        metrics.connection(client::statistics);
        metrics.pending(() -> statistics().pending());
        metrics.gauge(ScanMetric.EVENTS, () -> statistics().events());
        metrics.gauge(ScanMetric.CONFLATED, () -> statistics().conflated());
        metrics.gauge(ScanMetric.WALKS, () -> statistics().walks());
        metrics.gauge(ScanMetric.LAST_WALK_MILLIS, () -> statistics().lastWalkMillis());
        metrics.gauge(ScanMetric.SKIPPED, () -> statistics().skipped());
        metrics.gauge(ScanMetric.UNREADABLE, () -> statistics().unreadable());
        metrics.gauge(ScanMetric.LAST_ZXID, () -> statistics().newestZxid());
    }

    @Override
    public void handleSplitsChanges(SplitsChange<SubtreeSplit> change) {
        long newestZxid = 0;
        for (SubtreeSplit split : change.splits()) {
            buckets.add(split.bucket());
            owned[split.bucket()] = true;
            newestZxid = Math.max(newestZxid, split.newestZxid());
        }
        if (feed == null) {
            feed = new SubtreeFeed(
                    client, template, path -> owned[Buckets.of(template, path, siblings)], newestZxid, settings.feed());
            feed.open();
        } else {
            feed.walkAgain(newestZxid);
        }
    }

    /** Gives what was seen, as of one split, for the {@link BucketRouter}. */
    @Override
    public RecordsWithSplitIds<FeedEvent> fetch() throws IOException {
        RecordsBySplits.Builder<FeedEvent> records = new RecordsBySplits.Builder<>();
        List<FeedEvent> seen = settings.isBounded() ? firstWalk(poll()) : poll();
        if (!seen.isEmpty()) {
            records.addAll(Buckets.splitId(buckets.first()), seen);
        }
        boolean isOver = limit.isReached() || (!seen.isEmpty() && seen.get(seen.size() - 1) instanceof WalkEnded);
        if (isOver && settings.isBounded()) {
            buckets.forEach(bucket -> records.addFinishedSplit(Buckets.splitId(bucket)));
        }
        return records.build();
    }

    /** What comes after the end of a walk is not of the snapshot. */
    private static List<FeedEvent> firstWalk(List<FeedEvent> seen) {
        for (int i = 0; i < seen.size(); i++) {
            if (seen.get(i) instanceof WalkEnded) {
                return seen.subList(0, i + 1);
            }
        }
        return seen;
    }

    private List<FeedEvent> poll() throws IOException {
        try {
            return feed.poll(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while waiting for changes of '" + template + "'.", e);
        } catch (ZooKeeperException e) {
            if (e.failure() == Failure.UNSUPPORTED) {
                throw new IOException(
                        e.getMessage() + " 'scan.watch-mode' = 'recursive' needs it; with 'auto' or 'poll' the tree"
                                + " is read every 'scan.poll-interval' instead.",
                        e);
            }
            throw e;
        }
    }

    private FeedStatistics statistics() {
        SubtreeFeed current = feed;
        return current == null ? FeedStatistics.NOTHING : current.statistics();
    }

    @Override
    public void wakeUp() {
        SubtreeFeed current = feed;
        if (current != null) {
            current.wakeUp();
        }
    }

    @Override
    public void close() {
        if (feed != null) {
            feed.close();
        }
        client.close();
    }
}
