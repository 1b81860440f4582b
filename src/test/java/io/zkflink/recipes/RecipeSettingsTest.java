// SPDX-License-Identifier: Apache-2.0
package io.zkflink.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecipeSettingsTest {

    private static final UUID ID = UUID.fromString("67b3f9ba-2f0f-4d9b-9a5c-0c8b0f3b0c11");
    private static final String HEX = "67b3f9ba2f0f4d9b9a5c0c8b0f3b0c11";
    private static final RecipeSettings CURATOR = RecipeSettings.lock(LockDialect.CURATOR, 1);
    private static final RecipeSettings KAZOO = RecipeSettings.lock(LockDialect.KAZOO, 1);
    private static final RecipeSettings ELECTION = RecipeSettings.election();
    private static final RecipeSettings BARRIER = RecipeSettings.barrier(2);

    @Test
    void namesNodesLikeTheLibraries() {
        assertThat(CURATOR.nameOf(ID)).isEqualTo("_c_" + ID + "-lock-");
        assertThat(KAZOO.nameOf(ID)).isEqualTo(HEX + "__lock__");
        assertThat(ELECTION.nameOf(ID)).isEqualTo("_c_" + ID + "-latch-");
        assertThat(BARRIER.nameOf(ID)).isEqualTo(ID.toString());
        assertThat(List.of(CURATOR, KAZOO, ELECTION)).allMatch(RecipeSettings::isSequential);
        assertThat(BARRIER.isSequential()).isFalse();
    }

    @Test
    void findsItsOwnNodesById() {
        for (RecipeSettings settings : List.of(CURATOR, KAZOO, ELECTION, BARRIER)) {
            String name = settings.nameOf(ID) + (settings.isSequential() ? "0000000012" : "");
            assertThat(settings.parse(name))
                    .contains(
                            new Contender(name, Optional.of(ID), settings.isSequential() ? 12 : 0, settings.layout()));
            assertThat(settings.stranger(name)).isEmpty();
        }
    }

    @Test
    void readsALockOfEitherDialectAndTellsTheForeignOne() {
        Contender curator = KAZOO.parse("_c_" + ID + "-lock-0000000003").orElseThrow();
        Contender kazoo = CURATOR.parse(HEX + "__lock__0000000004").orElseThrow();
        assertThat(curator.layout()).isEqualTo(Layout.CURATOR_LOCK);
        assertThat(kazoo.layout()).isEqualTo(Layout.KAZOO_LOCK);
        assertThat(KAZOO.stranger(curator.name())).contains("Curator or go-zookeeper");
        assertThat(CURATOR.stranger(kazoo.name())).contains("kazoo");
        assertThat(CURATOR.stranger(curator.name())).isEmpty();
        assertThat(List.of(CURATOR.isOfOtherDialect(kazoo.name()), KAZOO.isOfOtherDialect(curator.name())))
                .containsOnly(true);
        assertThat(ELECTION.parse(curator.name())).isEmpty();
    }

    @Test
    void readsGoZookeepersIdWithoutDashesAsTheSameDialect() {
        Contender go = CURATOR.parse("_c_" + HEX + "-lock-0000000001").orElseThrow();
        assertThat(go.id()).contains(ID);
        assertThat(CURATOR.stranger(go.name())).isEmpty();
    }

    @Test
    void whoeverTheLibrariesWaitForIsAContender() {
        assertThat(CURATOR.parse("lock-0000000007").orElseThrow().id()).isEmpty();
        assertThat(CURATOR.parse("_c_someone-lock-0000000007").orElseThrow().sequence())
                .isEqualTo(7);
        assertThat(ELECTION.parse("latch-0000000007")).isPresent();
        assertThat(KAZOO.parse("__lock__0000000007")).isPresent();
    }

    @ParameterizedTest
    @CsvSource({
        "_c_67b3f9ba-2f0f-4d9b-9a5c-0c8b0f3b0c11-__READ__0000000007, CURATOR_READ, Curator's InterProcessReadWriteLock",
        "_c_67b3f9ba-2f0f-4d9b-9a5c-0c8b0f3b0c11-__WRIT__0000000007, CURATOR_WRITE, Curator's InterProcessReadWriteLock",
        "_c_67b3f9ba-2f0f-4d9b-9a5c-0c8b0f3b0c11-lease-0000000007, CURATOR_LEASE, Curator's InterProcessSemaphoreV2",
        "67b3f9ba2f0f4d9b9a5c0c8b0f3b0c11__rlock__0000000007, KAZOO_READ, kazoo's ReadLock",
        "67b3f9ba2f0f4d9b9a5c0c8b0f3b0c11, KAZOO_LEASE, kazoo's Semaphore"
    })
    void otherLocksOfTheLibrariesAreReadAndNotQueuedAmong(String name, Layout layout, String maker) {
        for (RecipeSettings settings : List.of(CURATOR, KAZOO)) {
            assertThat(settings.parse(name).orElseThrow().layout()).isEqualTo(layout);
            assertThat(settings.stranger(name)).contains(maker);
            assertThat(settings.isOfOtherDialect(name)).isFalse();
        }
        assertThat(ELECTION.parse(name)).isEmpty();
        assertThat(ELECTION.stranger(name)).contains(maker);
        assertThat(BARRIER.stranger(name)).isEmpty();
    }

    @Test
    void strangersThatAreNoRows() {
        assertThat(CURATOR.stranger("leases")).contains("Curator's InterProcessSemaphoreV2");
        assertThat(CURATOR.stranger("_c_" + ID + "-latch-0000000001")).contains("Curator's LeaderLatch");
        assertThat(ELECTION.stranger("_c_" + ID + "-lock-0000000001")).contains("Curator or go-zookeeper");
        assertThat(List.of(CURATOR, KAZOO, ELECTION, BARRIER))
                .allMatch(settings -> settings.stranger("config").isEmpty());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ready",
                "_c_67b3f9ba-2f0f-4d9b-9a5c-0c8b0f3b0c11-lock-",
                "_c_67b3f9ba-2f0f-4d9b-9a5c-0c8b0f3b0c11-lock-7",
                "_c_67b3f9ba-2f0f-4d9b-9a5c-0c8b0f3b0c11-lock-00000000007",
                "_c_67b3f9ba-2f0f-4d9b-9a5c-0c8b0f3b0c11-lock-9999999999",
                "_c_67b3f9ba-2f0f-4d9b-9a5c-0c8b0f3b0c11-lock-0000000007x",
                "-000000000",
                "leases"
            })
    void whatTakesNoPartIsNoContender(String name) {
        assertThat(CURATOR.parse(name)).isEmpty();
        assertThat(KAZOO.parse(name)).isEmpty();
        assertThat(ELECTION.parse(name)).isEmpty();
    }

    @Test
    void anyChildOfABarrierIsAMemberButReady() {
        assertThat(BARRIER.parse("ready")).isEmpty();
        assertThat(BARRIER.parse("anybody").orElseThrow().id()).isEmpty();
        assertThat(BARRIER.parse(ID.toString()).orElseThrow().id()).contains(ID);
    }

    @Test
    void theSequenceIsASignedCounterThatGoesOnAfterItsHighestValue() {
        List<Contender> created = List.of(
                CURATOR.parse("lock-0000000000").orElseThrow(),
                CURATOR.parse("_c_z-lock-0000000001").orElseThrow(),
                CURATOR.parse("_c_a-lock-0000000002").orElseThrow(),
                CURATOR.parse("lock-2147483647").orElseThrow(),
                CURATOR.parse("lock--2147483648").orElseThrow(),
                CURATOR.parse("lock--2147483647").orElseThrow(),
                CURATOR.parse("lock--000000001").orElseThrow());
        assertThat(created.stream().sorted(Contender.ORDER)).isEqualTo(created);
        assertThat(created.get(6).sequence()).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(
            longs = {
                0,
                1,
                999_999_999,
                1_000_000_000,
                Integer.MAX_VALUE,
                -1,
                -999_999_999,
                -1_000_000_000,
                Integer.MIN_VALUE
            })
    void theSequenceIsReadAsAServerWritesItAndInNoOtherWay(long sequence) {
        String written = String.format("%010d", sequence);
        assertThat(CURATOR.parse("lock-" + written).orElseThrow().sequence()).isEqualTo((int) sequence);
        String sign = sequence < 0 ? "-" : "";
        String digits = String.valueOf(Math.abs(sequence));
        for (String other : List.of(
                sign + digits, sign + "0" + digits, sign + "0".repeat(9 - Math.min(9, digits.length())) + digits)) {
            assertThat(CURATOR.parse("lock-" + other).isPresent()).as(other).isEqualTo(other.equals(written));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"lock--000000000", "lock--0000000000", "lock--2147483649", "lock-2147483648"})
    void whatNoServerWritesIsNoSequence(String name) {
        assertThat(CURATOR.parse(name)).isEmpty();
    }

    @Test
    void theIdIsThatOfOneClaimInOneSession() {
        UUID id = RecipeSettings.idOf(1, "/locks/a", "me");
        assertThat(RecipeSettings.idOf(1, "/locks/a", "me")).isEqualTo(id);
        assertThat(List.of(
                        RecipeSettings.idOf(2, "/locks/a", "me"),
                        RecipeSettings.idOf(1, "/locks/b", "me"),
                        RecipeSettings.idOf(1, "/locks/a", "you"),
                        RecipeSettings.idOf(1, "/locks/am", "e")))
                .doesNotContain(id);
        assertThat(CURATOR.parse(CURATOR.nameOf(id) + "0000000000")
                        .orElseThrow()
                        .id())
                .contains(id);
    }
}
