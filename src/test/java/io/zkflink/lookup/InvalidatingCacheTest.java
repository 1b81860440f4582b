// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import static io.zkflink.lookup.LookupFixtures.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.Failure;
import io.zkflink.client.ZNode;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.FakeZooKeeper;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.Test;

/** What is kept, and above all what is not, whatever comes between question and answer. */
class InvalidatingCacheTest {

    private static final Duration MAX_STALENESS = Duration.ofSeconds(60);

    private final FakeZooKeeper zk = new FakeZooKeeper();
    private final AtomicLong nanos = new AtomicLong();
    private final LookupKeys points = LookupFixtures.keys(0, 1);

    private Fixture fixture = fixture(points, limits(100L, true));

    /** A cache with a lookup that fills it. */
    private final class Fixture {
        private final LookupKeys keys;
        private final InvalidatingCache cache;
        private final Lookup lookup;

        Fixture(LookupKeys keys, LookupCaching.Limits limits) {
            this.keys = keys;
            LookupTable table = LookupFixtures.table(
                    MAX_STALENESS, new LookupCaching.Partial(limits, LookupCaching.Invalidation.WATCH));
            cache = new InvalidatingCache(table, keys, limits, zk, nanos::get);
            lookup = new Lookup(table, keys, zk, LookupFixtures.decoder());
        }

        Asked ask(Object... values) {
            Object[] asked = keys.values(key(values));
            return new Asked(asked, cache.begin(keys.place(asked)), lookup.read(asked));
        }

        /** As a lookup does: from the cache, else from ZooKeeper. Gives the versions. */
        List<Integer> find(Object... values) throws IOException {
            Object[] asked = keys.values(key(values));
            List<RowData> known = cache.find(keys.place(asked));
            return versions(known != null ? known : ask(values).store());
        }

        boolean knows(Object... values) throws IOException {
            return cache.find(keys.place(keys.values(key(values)))) != null;
        }

        private final class Asked {
            private final Object[] values;
            private final InvalidatingCache.Load load;
            private final CompletableFuture<List<ZNode>> read;

            Asked(Object[] values, InvalidatingCache.Load load, CompletableFuture<List<ZNode>> read) {
                this.values = values;
                this.load = load;
                this.read = read;
            }

            List<RowData> store() throws IOException {
                List<RowData> rows = lookup.rows(values, Await.result(read));
                cache.store(load, rows);
                return rows;
            }
        }
    }

    private Fixture fixture(LookupKeys keys, LookupCaching.Limits limits) {
        return new Fixture(keys, limits);
    }

    private static LookupCaching.Limits limits(Long maxRows, boolean missingKeys) {
        return new LookupCaching.Limits(null, null, maxRows, missingKeys);
    }

    private static List<Integer> versions(List<RowData> rows) {
        return rows.stream().map(row -> row.getInt(2)).toList();
    }

    private long reads() {
        return zk.answered().stream()
                .filter(request -> request.startsWith("read"))
                .count();
    }

    @Test
    void whatWasReadIsKeptUntilItChanges() throws IOException {
        zk.create("/r/x/1", "");
        assertThat(fixture.find("x", "1")).containsExactly(0);
        assertThat(fixture.find("x", "1")).containsExactly(0);
        assertThat(reads()).isEqualTo(1);
        zk.set("/r/x/1", "new");
        assertThat(fixture.find("x", "1")).containsExactly(1);
        zk.delete("/r/x/1");
        assertThat(fixture.find("x", "1")).isEmpty();
        assertThat(fixture.find("x", "1")).isEmpty();
        assertThat(reads()).isEqualTo(3);
        zk.create("/r/x/1", "");
        assertThat(fixture.find("x", "1")).containsExactly(0);
    }

    @Test
    void othersChangesDisturbNobody() throws IOException {
        zk.create("/r/x/1", "");
        zk.create("/r/x/2", "");
        fixture.find("x", "1");
        zk.set("/r/x/2", "new");
        zk.create("/r/x/1/below", "");
        assertThat(fixture.knows("x", "1")).isTrue();
    }

    @Test
    void anEventBeforeTheAnswerKeepsItOut() throws IOException {
        zk.create("/r/x/1", "");
        zk.holdReads();
        Fixture.Asked asked = fixture.ask("x", "1");
        zk.set("/r/x/1", "new");
        zk.answerAll();
        assertThat(versions(asked.store())).containsExactly(1);
        assertThat(fixture.knows("x", "1")).isFalse();
    }

    @Test
    void anEventBetweenAnswerAndStoreKeepsItOut() throws IOException {
        zk.create("/r/x/1", "");
        Fixture.Asked asked = fixture.ask("x", "1");
        zk.set("/r/x/1", "new");
        assertThat(versions(asked.store())).containsExactly(0);
        assertThat(fixture.find("x", "1")).containsExactly(1);
    }

    @Test
    void anEventForOneOfTwoReadersCountsForBoth() throws IOException {
        zk.create("/r/x/1", "");
        Fixture.Asked first = fixture.ask("x", "1");
        Fixture.Asked second = fixture.ask("x", "1");
        zk.set("/r/x/1", "new");
        first.store();
        Fixture.Asked third = fixture.ask("x", "1");
        second.store();
        assertThat(fixture.knows("x", "1")).isFalse();
        third.store();
        assertThat(fixture.find("x", "1")).containsExactly(1);
        assertThat(reads()).isEqualTo(3);
    }

    @Test
    void eachOfTwoReadersMayStore() throws IOException {
        zk.create("/r/x/1", "");
        Fixture.Asked first = fixture.ask("x", "1");
        Fixture.Asked second = fixture.ask("x", "1");
        fixture.cache.abandon(first.load);
        second.store();
        assertThat(fixture.knows("x", "1")).isTrue();
    }

    @Test
    void aMissingKeyThatAppearsMeanwhileIsNotKeptAsMissing() throws IOException {
        Fixture.Asked asked = fixture.ask("x", "1");
        zk.create("/r/x/1", "");
        assertThat(asked.store()).isEmpty();
        assertThat(fixture.find("x", "1")).containsExactly(0);
    }

    @Test
    void missingKeysAreKeptOnlyIfWanted() throws IOException {
        fixture = fixture(points, limits(100L, false));
        assertThat(fixture.find("x", "1")).isEmpty();
        assertThat(fixture.knows("x", "1")).isFalse();
    }

    @Test
    void aPrefixGoesWithAnyOfItsRows() throws IOException {
        fixture = fixture(LookupFixtures.keys(0), limits(100L, true));
        zk.create("/r/x/1", "");
        zk.create("/r/y/1", "");
        assertThat(fixture.find("x")).containsExactly(0);
        assertThat(fixture.find("y")).containsExactly(0);
        zk.create("/r/x/2", "");
        assertThat(fixture.knows("x")).isFalse();
        assertThat(fixture.knows("y")).isTrue();
        Fixture.Asked asked = fixture.ask("x");
        zk.set("/r/x/2", "new");
        asked.store();
        assertThat(fixture.knows("x")).isFalse();
        assertThat(fixture.find("x")).containsExactlyInAnyOrder(0, 1);
    }

    @Test
    void rowsAreServedForAWhileAfterALossButNotKept() throws IOException {
        zk.create("/r/x/1", "");
        fixture.find("x", "1");
        Fixture.Asked asked = fixture.ask("x", "2");
        zk.lose();
        asked.store();
        nanos.addAndGet(MAX_STALENESS.toNanos() - 1);
        assertThat(fixture.knows("x", "1")).isTrue();
        assertThat(fixture.knows("x", "2")).isFalse();
        nanos.addAndGet(1);
        assertThat(fixture.knows("x", "1")).isFalse();
    }

    @Test
    void nothingOfBeforeALossCountsAfterIt() throws IOException {
        zk.create("/r/x/1", "");
        zk.create("/r/x/2", "");
        zk.create("/r/x/3", "");
        fixture.find("x", "1");
        Fixture.Asked before = fixture.ask("x", "2");
        zk.lose();
        Fixture.Asked between = fixture.ask("x", "3");
        zk.set("/r/x/1", "new");
        zk.set("/r/x/2", "new");
        zk.reconnect();
        assertThat(fixture.knows("x", "1")).isFalse();
        assertThat(versions(before.store())).containsExactly(0);
        assertThat(fixture.knows("x", "2")).isFalse();
        between.store();
        assertThat(fixture.knows("x", "3")).isFalse();
        assertThat(fixture.find("x", "1")).containsExactly(1);
        assertThat(fixture.knows("x", "1")).isTrue();
    }

    @Test
    void aSecondLossBeforeTheWatchIsBackDoesNotMakeRowsYounger() throws IOException {
        zk.create("/r/x/1", "");
        fixture.find("x", "1");
        zk.lose();
        nanos.addAndGet(MAX_STALENESS.toNanos() / 2);
        zk.expire();
        nanos.addAndGet(MAX_STALENESS.toNanos() / 2);
        assertThat(fixture.knows("x", "1")).isFalse();
    }

    @Test
    void rowsAreCountedNotKeys() throws IOException {
        fixture = fixture(LookupFixtures.keys(0), limits(10L, true));
        for (int a = 0; a < 20; a++) {
            for (int b = 0; b < 5; b++) {
                zk.create("/r/" + a + "/" + b, "");
            }
            fixture.find(String.valueOf(a));
        }
        assertThat(fixture.cache.size()).isBetween(1L, 2L);
    }

    @Test
    void rowsExpire() throws IOException {
        fixture = fixture(points, new LookupCaching.Limits(Duration.ofSeconds(5), Duration.ofSeconds(20), null, true));
        zk.create("/r/x/1", "");
        fixture.find("x", "1");
        for (int i = 0; i < 4; i++) {
            nanos.addAndGet(Duration.ofSeconds(4).toNanos());
            assertThat(fixture.knows("x", "1")).isTrue();
        }
        nanos.addAndGet(Duration.ofSeconds(4).toNanos());
        assertThat(fixture.knows("x", "1")).isFalse();
    }

    @Test
    void aServerThatCannotWatchIsRefused() {
        zk.failWatch("/r", Failure.UNSUPPORTED);
        fixture = fixture(points, limits(100L, true));
        assertThatThrownBy(() -> fixture.knows("x", "1"))
                .isInstanceOf(IOException.class)
                .hasMessageEndingWith(" For older servers set 'lookup.partial-cache.invalidation' = 'ttl'.");
        assertThat(fixture.cache.isUsable()).isFalse();
    }
}
