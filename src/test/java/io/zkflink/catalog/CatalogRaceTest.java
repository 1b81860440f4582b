// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.FakeZooKeeper;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogDatabaseImpl;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.ObjectPath;
import org.apache.flink.table.catalog.exceptions.CatalogException;
import org.apache.flink.table.catalog.exceptions.TableNotExistException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two catalogs with the same definitions: no update is lost, and nothing is half done. */
class CatalogRaceTest {

    private static final ObjectPath TABLE = new ObjectPath("default", "t");

    private final FakeZooKeeper zooKeeper = new FakeZooKeeper();
    private final FakeCatalogs catalogs = new FakeCatalogs(zooKeeper, null);
    private final ZooKeeperCatalog mine = catalogs.open("mine");
    private final ZooKeeperCatalog other = catalogs.open("other");

    @AfterEach
    void close() {
        catalogs.close();
    }

    private static CatalogTable table(Map<String, String> options) {
        return CatalogTable.newBuilder()
                .schema(Schema.newBuilder().column("a", DataTypes.STRING()).build())
                .options(options)
                .build();
    }

    private static CatalogTable with(ZooKeeperCatalog catalog, String option) throws Exception {
        Map<String, String> options = new HashMap<>(catalog.getTable(TABLE).getOptions());
        options.put(option, "set");
        return table(options);
    }

    private void awaitSeenByBoth(String option) {
        for (ZooKeeperCatalog catalog : List.of(mine, other)) {
            Await.until("the mirror has followed", () -> has(catalog, option));
        }
    }

    /** The table may be dropped, and not yet created again, between any two questions. */
    private static boolean has(ZooKeeperCatalog catalog, String option) {
        try {
            return catalog.getTable(TABLE).getOptions().containsKey(option);
        } catch (TableNotExistException e) {
            return false;
        }
    }

    @Test
    void whatWasAlteredSinceItWasReadIsNotOverwritten() throws Exception {
        mine.createTable(TABLE, table(Map.of("first", "set")), false);
        awaitSeenByBoth("first");
        CatalogTable ofMine = with(mine, "mine");
        CatalogTable ofOther = with(other, "other");
        other.alterTable(TABLE, ofOther, false);

        assertThatThrownBy(() -> mine.alterTable(TABLE, ofMine, false))
                .isInstanceOf(CatalogException.class)
                .hasMessage(
                        "Could not alter `default`.`t`: somebody else has altered it since this session read it, and"
                                + " nothing was written. Repeat the statement.");
        awaitSeenByBoth("other");
        mine.alterTable(TABLE, with(mine, "mine"), false);
        assertThat(mine.getTable(TABLE).getOptions()).containsOnlyKeys("first", "other", "mine");
    }

    @Test
    void norWhatWasCreatedAnewWithTheSameVersion() throws Exception {
        mine.createTable(TABLE, table(Map.of("first", "set")), false);
        CatalogTable ofMine = with(mine, "mine");
        catalogs.beforeNextWrite(() -> {
            try {
                other.dropTable(TABLE, false);
                other.createTable(TABLE, table(Map.of("second", "set")), false);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        assertThatThrownBy(() -> mine.alterTable(TABLE, ofMine, false))
                .hasMessageContaining("somebody else has altered");
        awaitSeenByBoth("second");
        assertThat(mine.getTable(TABLE).getOptions()).containsOnlyKeys("second");
    }

    @Test
    void norIsADatabase() throws Exception {
        mine.createDatabase("db", new CatalogDatabaseImpl(Map.of(), null), false);
        Await.until("the mirror has followed", () -> other.databaseExists("db"));
        Map<String, String> ofMine = new HashMap<>(mine.getDatabase("db").getProperties());
        other.alterDatabase("db", new CatalogDatabaseImpl(Map.of("other", "set"), null), false);
        ofMine.put("mine", "set");
        assertThatThrownBy(() -> mine.alterDatabase("db", new CatalogDatabaseImpl(ofMine, null), false))
                .isInstanceOf(CatalogException.class)
                .hasMessage(
                        "Could not alter the database `db`: somebody else has altered it since this session read it,"
                                + " and nothing was written. Repeat the statement.");
        Await.until(
                "the mirror has followed",
                () -> mine.getDatabase("db").getProperties().containsKey("other"));
    }

    @Test
    void whatIsDroppedMeanwhileIsMissing() throws Exception {
        mine.createTable(TABLE, table(Map.of()), false);
        CatalogTable ofMine = with(mine, "mine");
        catalogs.beforeNextWrite(() -> {
            try {
                other.dropTable(TABLE, false);
            } catch (TableNotExistException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThatThrownBy(() -> mine.alterTable(TABLE, ofMine, false)).isInstanceOf(TableNotExistException.class);
    }

    @Test
    void aRenamedTableIsWhatItWasLast() throws Exception {
        mine.createTable(TABLE, table(Map.of("first", "set")), false);
        catalogs.beforeNextWrite(() -> {
            try {
                other.alterTable(TABLE, table(Map.of("second", "set")), false);
            } catch (TableNotExistException e) {
                throw new IllegalStateException(e);
            }
        });
        mine.renameTable(TABLE, "u", false);
        assertThat(mine.getTable(new ObjectPath("default", "u")).getOptions()).containsOnlyKeys("second");
        assertThat(mine.listTables("default")).containsExactly("u");
    }

    @Test
    void aDatabaseIsDroppedWithWhatWasCreatedMeanwhile() throws Exception {
        mine.createDatabase("db", new CatalogDatabaseImpl(Map.of(), null), false);
        mine.createTable(new ObjectPath("db", "t"), table(Map.of()), false);
        catalogs.beforeNextWrite(() -> {
            try {
                other.createTable(new ObjectPath("db", "u"), table(Map.of()), false);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        mine.dropDatabase("db", false, true);
        assertThat(mine.databaseExists("db")).isFalse();
        assertThat(zooKeeper.tree(FakeCatalogs.PATH)).isEmpty();
    }

    @Test
    void noUpdateIsLostWhoeverIsFaster() throws Exception {
        mine.createTable(TABLE, table(Map.of()), false);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            ZooKeeperCatalog catalog = i % 2 == 0 ? mine : other;
            String name = "option-" + i + "-";
            all.add(CompletableFuture.runAsync(() -> addTen(catalog, name), threads));
        }
        all.forEach(Await::result);
        threads.shutdown();
        Await.until("all are there", () -> other.getTable(TABLE).getOptions().size() == 40);
        assertThat(mine.getTable(TABLE).getOptions()).hasSize(40);
    }

    private static void addTen(ZooKeeperCatalog catalog, String name) {
        for (int done = 0; done < 10; ) {
            try {
                catalog.alterTable(TABLE, with(catalog, name + done), false);
                done++;
            } catch (CatalogException e) {
                assertThat(e).hasMessageContaining("Repeat the statement");
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
