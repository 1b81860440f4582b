// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.SessionPool;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.path.PathTemplate;
import io.zkflink.subtree.Sighting;
import io.zkflink.subtree.Sighting.Observation;
import io.zkflink.subtree.Sighting.UpToDate;
import io.zkflink.subtree.Sighting.WalkEnded;
import io.zkflink.subtree.SubtreeFeed;
import java.io.IOException;
import java.util.TreeSet;
import org.apache.flink.connector.base.source.reader.RecordsBySplits;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.connector.base.source.reader.splitreader.SplitReader;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsChange;

/**
 * Feeds a reader with what is seen of its buckets; starts to look when the first of them are assigned. Used by the
 * fetcher thread only, except for {@link #wakeUp}.
 */
final class SubtreeSplitReader implements SplitReader<Sighting, SubtreeSplit> {

    private static final long POLL_MILLIS = 10_000;

    private final PathTemplate template;
    private final ScanSettings settings;
    private final RowLimit limit;
    private final ZooKeeperClient client;
    private final TreeSet<Integer> buckets = new TreeSet<>();
    private final boolean[] owned = new boolean[Buckets.COUNT];

    private volatile SubtreeFeed feed;

    SubtreeSplitReader(ConnectionSettings connection, PathTemplate template, ScanSettings settings, RowLimit limit) {
        this.template = template;
        this.settings = settings;
        this.limit = limit;
        this.client = SessionPool.open(connection);
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
            feed = new SubtreeFeed(client, template, path -> owned[Buckets.of(path)], newestZxid, settings.feed());
            feed.open();
        } else {
            feed.walkAgain(newestZxid);
        }
    }

    @Override
    public RecordsWithSplitIds<Sighting> fetch() throws IOException {
        RecordsBySplits.Builder<Sighting> records = new RecordsBySplits.Builder<>();
        try {
            for (Sighting sighting : feed.poll(POLL_MILLIS)) {
                add(sighting, records);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return records.build();
    }

    private void add(Sighting sighting, RecordsBySplits.Builder<Sighting> records) {
        if (sighting instanceof Observation observation) {
            records.add(Buckets.splitId(Buckets.of(observation.path())), observation);
        } else if (sighting instanceof UpToDate) {
            records.add(Buckets.splitId(buckets.first()), sighting);
        } else {
            buckets.forEach(bucket -> records.add(Buckets.splitId(bucket), sighting));
        }
        if (settings.isBounded() && (sighting instanceof WalkEnded || limit.isReached())) {
            buckets.forEach(bucket -> records.addFinishedSplit(Buckets.splitId(bucket)));
        }
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
