// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.path.PathTemplate;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.LookupTableSource;
import org.apache.flink.table.connector.source.abilities.SupportsLookupCustomShuffle;
import org.apache.flink.table.connector.source.abilities.SupportsLookupCustomShuffle.InputDataPartitioner;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.runtime.connector.source.LookupRuntimeProviderContext;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.Test;

/**
 * A table of {@code /r/{s}/{b}/{i}/{l}} with a payload column {@code v}, on Flinks with and without the custom shuffle.
 */
class TableSourcesTest {

    private static final int S = 0;
    private static final int B = 1;
    private static final int I = 2;
    private static final int L = 3;
    private static final int V = 4;

    @Test
    void rowsThatLookInOnePlaceGoToOneSubtask() throws Exception {
        InputDataPartitioner partitioner = partitioner(S, B, L, V);
        InputDataPartitioner elsewhere = InstantiationUtil.clone(partitioner);
        Set<Integer> used = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            String place = "service" + i;
            int partition = partitioner.partition(key(place, i % 2 == 0, 1L, "x"), 4);
            used.add(partition);
            assertThat(elsewhere.partition(key(place, i % 2 == 0, 2L, null), 4))
                    .as("another value where nothing leads to, and a filter, in another JVM")
                    .isEqualTo(partition);
        }
        assertThat(used).containsExactlyInAnyOrder(0, 1, 2, 3);
        assertThat(partitioner.isDeterministic()).isTrue();
    }

    @Test
    void allTypesOfColumnsAndNull() {
        InputDataPartitioner partitioner = partitioner(S, B, I, L);
        assertThat(IntStream.range(0, 100)
                        .map(i -> partitioner.partition(key("s", true, i * 4, 0L), 4))
                        .distinct())
                .as("multiples of the parallelism")
                .hasSize(4);
        for (GenericRowData key : List.of(
                key("s", false, Integer.MIN_VALUE, Long.MAX_VALUE),
                key("", null, -1, null),
                key(null, null, null, null))) {
            for (int partitions = 1; partitions < 9; partitions++) {
                assertThat(partitioner.partition(key, partitions))
                        .isBetween(0, partitions - 1)
                        .isEqualTo(partitioner.partition(key, partitions));
            }
        }
    }

    @Test
    void whatCannotBeSpreadByPlaceStaysWhereItIs() {
        LookupTableSource source = (LookupTableSource) source(getClass().getClassLoader());
        assertThat(((SupportsLookupCustomShuffle) source).getPartitioner()).isEmpty();
        lookUp(source, true, B, V);
        assertThat(((SupportsLookupCustomShuffle) source).getPartitioner())
                .as("the first column is not bound")
                .isEmpty();
    }

    @Test
    void twoLookupsInOneSource() {
        LookupTableSource source = (LookupTableSource) source(getClass().getClassLoader());
        SupportsLookupCustomShuffle shuffling = (SupportsLookupCustomShuffle) source;
        lookUp(source, false, S, B);
        lookUp(source, true, S);
        lookUp(source, true, S);
        assertThat(shuffling.getPartitioner().orElseThrow().partition(key("s"), 1))
                .isZero();
        lookUp(source, true, S, B);
        assertThat(shuffling.getPartitioner())
                .as("whose keys they are is not known")
                .isEmpty();
    }

    @Test
    void copiesShuffle() {
        DynamicTableSource copy = source(getClass().getClassLoader()).copy();
        assertThat(copy.copy()).isInstanceOf(SupportsLookupCustomShuffle.class);
        lookUp((LookupTableSource) copy, true, S);
        assertThat(((SupportsLookupCustomShuffle) copy).getPartitioner()).isPresent();
    }

    @Test
    void aFlinkWithoutCustomShuffle() throws Exception {
        try (URLClassLoader has = new FlinkOf("nothing");
                URLClassLoader lacks = new FlinkOf(SupportsLookupCustomShuffle.class.getName())) {
            assertThat(source(has)).isInstanceOf(SupportsLookupCustomShuffle.class);
            DynamicTableSource source = source(lacks);
            assertThat(source.getClass().getClassLoader()).isSameAs(lacks);
            assertThat(source.getClass().getName()).isEqualTo(ZooKeeperTableSource.class.getName());
            assertThat(source.copy()).isNotInstanceOf(SupportsLookupCustomShuffle.class);
            lookUp((LookupTableSource) source, false, S);
        }
    }

    private static InputDataPartitioner partitioner(int... keys) {
        LookupTableSource source = (LookupTableSource) source(TableSourcesTest.class.getClassLoader());
        lookUp(source, true, keys);
        return ((SupportsLookupCustomShuffle) source).getPartitioner().orElseThrow();
    }

    private static void lookUp(LookupTableSource source, boolean shuffled, int... keys) {
        int[][] paths = Arrays.stream(keys).mapToObj(key -> new int[] {key}).toArray(int[][]::new);
        assertThat(source.getLookupRuntimeProvider(new LookupRuntimeProviderContext(paths, shuffled)))
                .isNotNull();
    }

    @Test
    void whatTheConnectorKeepsForItselfIsHidden() {
        PathTemplate rows = ((ZooKeeperTableSource) source(
                        TableSourcesTest.class.getClassLoader(),
                        Map.of("sink.commit-path", "/r/commits", "sink.guard.lock", "/r/lock")))
                .layout.template();
        assertThat(rows.match("/r/x/true/1/2")).isNotNull();
        assertThat(rows.match("/r/commits/true/1/2")).isNull();
        assertThat(rows.match("/r/lock/true/1/2")).isNull();
    }

    private static DynamicTableSource source(ClassLoader loader) {
        return source(loader, Map.of());
    }

    private static DynamicTableSource source(ClassLoader loader, Map<String, String> more) {
        Map<String, String> options = new HashMap<>(Map.of(
                "connector", "zookeeper",
                "connect-string", "zk.invalid:2181",
                "path", "/r/{s}/{b}/{i}/{l}",
                "lookup.cache", "FULL"));
        options.putAll(more);
        try {
            return FactoryUtil.createDynamicTableSource(
                    (DynamicTableSourceFactory) loader.loadClass(ZooKeeperTableFactory.class.getName())
                            .getDeclaredConstructor()
                            .newInstance(),
                    ObjectIdentifier.of("c", "d", "t"),
                    new ResolvedCatalogTable(
                            CatalogTable.newBuilder()
                                    .schema(Schema.newBuilder().build())
                                    .options(options)
                                    .build(),
                            ResolvedSchema.of(
                                    Column.physical("s", DataTypes.STRING()),
                                    Column.physical("b", DataTypes.BOOLEAN()),
                                    Column.physical("i", DataTypes.INT()),
                                    Column.physical("l", DataTypes.BIGINT()),
                                    Column.physical("v", DataTypes.STRING()))),
                    Map.of(),
                    new Configuration(),
                    // Where formats are found.
                    TableSourcesTest.class.getClassLoader(),
                    true);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    private static GenericRowData key(Object... values) {
        return GenericRowData.of(Arrays.stream(values)
                .map(value -> value instanceof String text ? StringData.fromString(text) : value)
                .toArray());
    }

    /** Loads this project's own classes anew, in a Flink that lacks a class. */
    private static final class FlinkOf extends URLClassLoader {
        private final String lacking;

        FlinkOf(String lacking) {
            super(
                    new URL[] {
                        ZooKeeperTableFactory.class
                                .getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                    },
                    TableSourcesTest.class.getClassLoader());
            this.lacking = lacking;
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.equals(lacking) || name.startsWith(lacking + "$")) {
                throw new ClassNotFoundException(name);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                if (loaded == null && name.startsWith("io.zkflink.")) {
                    loaded = findClass(name);
                }
                return loaded != null ? loaded : super.loadClass(name, resolve);
            }
        }
    }
}
