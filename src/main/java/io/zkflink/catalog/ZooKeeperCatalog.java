// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.catalog.DefinitionStore.Outcome;
import io.zkflink.catalog.DefinitionStore.Seen;
import io.zkflink.catalog.definition.Definitions;
import io.zkflink.client.SharedResources;
import io.zkflink.client.ZNode;
import io.zkflink.table.options.CatalogTableOptions;
import io.zkflink.table.options.TableOwner;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.CatalogBaseTable;
import org.apache.flink.table.catalog.CatalogDatabase;
import org.apache.flink.table.catalog.CatalogDatabaseImpl;
import org.apache.flink.table.catalog.CatalogFunction;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ObjectPath;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.exceptions.CatalogException;
import org.apache.flink.table.catalog.exceptions.DatabaseAlreadyExistException;
import org.apache.flink.table.catalog.exceptions.DatabaseNotEmptyException;
import org.apache.flink.table.catalog.exceptions.DatabaseNotExistException;
import org.apache.flink.table.catalog.exceptions.FunctionAlreadyExistException;
import org.apache.flink.table.catalog.exceptions.FunctionNotExistException;
import org.apache.flink.table.catalog.exceptions.TableAlreadyExistException;
import org.apache.flink.table.catalog.exceptions.TableNotExistException;
import org.apache.flink.table.factories.Factory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.functions.FunctionIdentifier;
import org.apache.flink.util.Preconditions;
import org.apache.flink.util.StringUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A catalog whose databases, tables, views and functions are kept in ZooKeeper, each in a znode of its own.
 *
 * <p>Questions are answered from a {@link ZNodeMirror}; changes are made by a {@link DefinitionStore}, and the call
 * returns when the mirror shows them. The default database and {@link TreeDatabase} exist without a server.
 */
final class ZooKeeperCatalog extends UnpartitionedCatalog {

    private static final Logger LOG = LoggerFactory.getLogger(ZooKeeperCatalog.class);

    private final CatalogSettings settings;
    private final CatalogPaths paths;
    private final Definitions definitions;
    private final TreeDatabase tree;
    private final CatalogTableFactory factory;
    private final ClassLoader classLoader;
    private final Function<ZNodeMirror.Key, SharedResources<ZNodeMirror.Key, ZNodeMirror>.Lease> mirrors;

    /** Which version of a table each thread was given last: what it alters was made of that. */
    private final Map<Thread, Map<String, Seen>> given = new WeakHashMap<>();

    private final RequestedMoments moments = new RequestedMoments();

    private SharedResources<ZNodeMirror.Key, ZNodeMirror>.Lease lease;

    ZooKeeperCatalog(String name, String defaultDatabase, CatalogSettings settings, ClassLoader classLoader) {
        this(name, defaultDatabase, settings, classLoader, ZNodeMirror::lease);
    }

    ZooKeeperCatalog(
            String name,
            String defaultDatabase,
            CatalogSettings settings,
            ClassLoader classLoader,
            Function<ZNodeMirror.Key, SharedResources<ZNodeMirror.Key, ZNodeMirror>.Lease> mirrors) {
        super(name, defaultDatabase);
        this.settings = settings;
        this.paths = new CatalogPaths(settings.path());
        TableOwner owner = new TableOwner(settings.path(), TreeDatabase.NAME, settings.options(), settings.history());
        this.definitions = new Definitions(classLoader, options -> new CatalogTableOptions(options, owner));
        this.tree = new TreeDatabase(
                settings.connection().base(),
                settings.dataIsBytes(),
                options -> new CatalogTableOptions(options, owner));
        this.factory = new CatalogTableFactory(owner);
        this.classLoader = classLoader;
        this.mirrors = mirrors;
    }

    @Override
    public Optional<Factory> getFactory() {
        return Optional.of(factory);
    }

    /** Starts to read the definitions; does not wait for a server. */
    @Override
    public synchronized void open() {
        if (lease == null) {
            lease = mirrors.apply(new ZNodeMirror.Key(settings.connection(), settings.path(), settings.maxStaleness()));
        }
    }

    @Override
    public void close() {
        SharedResources<ZNodeMirror.Key, ZNodeMirror>.Lease last;
        synchronized (this) {
            last = lease;
            lease = null;
        }
        if (last != null) {
            last.close();
        }
    }

    private synchronized ZNodeMirror mirror() {
        if (lease == null) {
            throw new CatalogException("The catalog '" + getName() + "' is not open.");
        }
        return lease.value();
    }

    private DefinitionStore store() {
        return new DefinitionStore(mirror(), settings.connection(), settings.path(), settings.acl());
    }

    // ---- Databases.

    @Override
    public List<String> listDatabases() {
        List<String> databases = new ArrayList<>();
        databases.add(getDefaultDatabase());
        databases.add(TreeDatabase.NAME);
        children(paths.root(), CatalogPaths::databaseOf).forEach(databases::add);
        return databases.stream().distinct().toList();
    }

    @Override
    public boolean databaseExists(String database) {
        checkName(database);
        return existsAlways(database) || get(paths.database(database)).isPresent();
    }

    private boolean existsAlways(String database) {
        return database.equals(getDefaultDatabase()) || database.equals(TreeDatabase.NAME);
    }

    @Override
    public CatalogDatabase getDatabase(String database) throws DatabaseNotExistException {
        checkName(database);
        if (database.equals(TreeDatabase.NAME)) {
            return new CatalogDatabaseImpl(Map.of(), "Tables of path templates, without definitions.");
        }
        Optional<ZNode> znode = get(paths.database(database));
        if (znode.isEmpty() && !existsAlways(database)) {
            throw new DatabaseNotExistException(getName(), database);
        }
        return znode.map(Definitions::database).orElseGet(ZooKeeperCatalog::noProperties);
    }

    private static CatalogDatabase noProperties() {
        return new CatalogDatabaseImpl(Map.of(), null);
    }

    @Override
    public void createDatabase(String database, CatalogDatabase definition, boolean ignoreIfExists)
            throws DatabaseAlreadyExistException {
        checkName(database);
        Preconditions.checkNotNull(definition);
        String path = paths.database(database);
        Outcome outcome = existsAlways(database)
                ? Outcome.EXISTS
                : store().createParent(nameOf(database), path, Definitions.write(definition));
        if (outcome == Outcome.EXISTS && !ignoreIfExists) {
            throw new DatabaseAlreadyExistException(getName(), database);
        }
        caughtUp(path);
    }

    @Override
    public void dropDatabase(String database, boolean ignoreIfNotExists, boolean cascade)
            throws DatabaseNotExistException, DatabaseNotEmptyException {
        checkName(database);
        if (existsAlways(database)) {
            throw new CatalogException("The database '" + database + "' of the catalog '" + getName()
                    + "' is always there and cannot be dropped; drop its tables.");
        }
        String path = paths.database(database);
        DefinitionStore store = store();
        Outcome outcome =
                cascade ? store.deleteWithChildren(nameOf(database), path) : store.delete(nameOf(database), path);
        if (outcome == Outcome.NOT_EMPTY) {
            throw new DatabaseNotEmptyException(getName(), database);
        }
        if (outcome == Outcome.MISSING && !ignoreIfNotExists) {
            throw new DatabaseNotExistException(getName(), database);
        }
        caughtUp(path);
    }

    @Override
    public void alterDatabase(String database, CatalogDatabase definition, boolean ignoreIfNotExists)
            throws DatabaseNotExistException {
        checkName(database);
        Preconditions.checkNotNull(definition);
        if (database.equals(TreeDatabase.NAME)) {
            throw TreeDatabase.refusal();
        }
        String path = paths.database(database);
        byte[] data = Definitions.write(definition);
        DefinitionStore store = store();
        Outcome outcome = store.replace(nameOf(database), path, data, given(path), current -> {});
        if (outcome == Outcome.MISSING && existsAlways(database)) {
            outcome = store.createParent(nameOf(database), path, data);
        }
        switch (outcome) {
            case DONE -> caughtUp(path);
            case MISSING -> {
                if (!ignoreIfNotExists) {
                    throw new DatabaseNotExistException(getName(), database);
                }
            }
            default -> throw lostRace(nameOf(database));
        }
    }

    private static String nameOf(String database) {
        return "the database `" + database + "`";
    }

    // ---- Tables and views.

    @Override
    public List<String> listTables(String database) throws DatabaseNotExistException {
        checkDatabase(database);
        if (database.equals(TreeDatabase.NAME)) {
            return tree.list(rootChildren());
        }
        return children(paths.database(database), CatalogPaths::tableOf);
    }

    private List<String> rootChildren() {
        try {
            return Requests.get(
                            mirror().client().children("/"),
                            settings.connection().patience())
                    .orElse(List.of());
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** A definition that cannot be read may be that of a view or not; it is an error only for who asks for it. */
    @Override
    public List<String> listViews(String database) throws DatabaseNotExistException {
        checkDatabase(database);
        return database.equals(TreeDatabase.NAME)
                ? List.of()
                : children(paths.database(database)).stream()
                        .filter(znode -> CatalogPaths.tableOf(znode.path()) != null && isView(znode))
                        .map(znode -> CatalogPaths.tableOf(znode.path()))
                        .toList();
    }

    private static boolean isView(ZNode znode) {
        try {
            return Definitions.kind(znode) == CatalogBaseTable.TableKind.VIEW;
        } catch (CatalogException e) {
            return false;
        }
    }

    @Override
    public boolean tableExists(ObjectPath table) {
        Preconditions.checkNotNull(table);
        return isOfTree(table)
                ? tree.exists(table.getObjectName())
                : get(paths.table(table)).isPresent();
    }

    @Override
    public CatalogBaseTable getTable(ObjectPath table) throws TableNotExistException {
        Preconditions.checkNotNull(table);
        CatalogBaseTable present = present(table);
        Optional<Long> moment = moments.now(table);
        return moment.isPresent() ? past(table, present, moment.get()) : present;
    }

    private CatalogBaseTable present(ObjectPath table) throws TableNotExistException {
        if (isOfTree(table)) {
            return treeTable(table);
        }
        String path = paths.table(table);
        ZNode znode = get(path).orElse(null);
        if (znode == null) {
            throw new TableNotExistException(getName(), table);
        }
        give(path, Seen.of(znode));
        return definitions.table(znode);
    }

    @Override
    public CatalogBaseTable getTable(ObjectPath table, long timestamp) throws TableNotExistException {
        CatalogBaseTable present = present(table);
        moments.asOf(table, timestamp);
        return past(table, present, timestamp);
    }

    /** Only a table of ours, without an ensemble of its own, has its past in {@code history.path}. */
    private CatalogTable past(ObjectPath name, CatalogBaseTable table, long moment) {
        if (!(table instanceof CatalogTable present) || !TableOwner.isNeededBy(present.getOptions())) {
            throw new CatalogException("FOR SYSTEM_TIME AS OF cannot be asked of " + nameOf(name) + ": the catalog '"
                    + getName() + "' knows the past of tables of its own ensemble only, which is not that of a view, of"
                    + " another connector, or of a table with a 'connect-string' of its own.");
        }
        return CatalogTable.newBuilder()
                .schema(present.getUnresolvedSchema())
                .comment(present.getComment())
                .partitionKeys(present.getPartitionKeys())
                .distribution(present.getDistribution().orElse(null))
                .options(present.getOptions())
                .snapshot(moment)
                .build();
    }

    /** What begins with a slash is meant to be a path template, so whoever asks is told what is wrong with it. */
    private CatalogBaseTable treeTable(ObjectPath table) throws TableNotExistException {
        try {
            return tree.table(table.getObjectName());
        } catch (IllegalArgumentException e) {
            TableNotExistException missing = new TableNotExistException(getName(), table, e);
            if (!table.getObjectName().startsWith("/")) {
                throw missing;
            }
            throw new CatalogException(
                    "There is no table `" + table.getObjectName() + "` in the database '" + TreeDatabase.NAME
                            + "' of the catalog '" + getName() + "', where the name is the path template: "
                            + e.getMessage() + ".",
                    missing);
        }
    }

    private static boolean isOfTree(ObjectPath path) {
        return path.getDatabaseName().equals(TreeDatabase.NAME);
    }

    @Override
    public void createTable(ObjectPath table, CatalogBaseTable definition, boolean ignoreIfExists)
            throws TableAlreadyExistException, DatabaseNotExistException {
        Preconditions.checkNotNull(table);
        Preconditions.checkNotNull(definition);
        refuseTree(table);
        if (ignoreIfExists && tableExists(table)) {
            return;
        }
        check(table, definition);
        String path = paths.table(table);
        switch (store().create(nameOf(table), path, Definitions.write(definition), parent(table))) {
            case NO_PARENT -> throw new DatabaseNotExistException(getName(), table.getDatabaseName());
            case EXISTS -> {
                if (!ignoreIfExists) {
                    throw new TableAlreadyExistException(getName(), table);
                }
            }
            default -> {}
        }
        caughtUp(paths.database(table.getDatabaseName()), path);
    }

    @Override
    public void alterTable(ObjectPath table, CatalogBaseTable definition, boolean ignoreIfNotExists)
            throws TableNotExistException {
        Preconditions.checkNotNull(table);
        Preconditions.checkNotNull(definition);
        refuseTree(table);
        check(table, definition);
        String path = paths.table(table);
        Outcome outcome = store().replace(nameOf(table), path, Definitions.write(definition), given(path), current -> {
            CatalogBaseTable.TableKind kind = Definitions.kind(current);
            if (kind != definition.getTableKind()) {
                throw new CatalogException(String.format(
                        "Table types don't match. Existing table is '%s' and new table is '%s'.",
                        kind, definition.getTableKind()));
            }
        });
        switch (outcome) {
            case DONE -> caughtUp(path);
            case MISSING -> {
                if (!ignoreIfNotExists) {
                    throw new TableNotExistException(getName(), table);
                }
            }
            default -> throw lostRace(nameOf(table));
        }
    }

    @Override
    public void dropTable(ObjectPath table, boolean ignoreIfNotExists) throws TableNotExistException {
        Preconditions.checkNotNull(table);
        refuseTree(table);
        String path = paths.table(table);
        if (store().delete(nameOf(table), path) == Outcome.MISSING && !ignoreIfNotExists) {
            throw new TableNotExistException(getName(), table);
        }
        caughtUp(path);
    }

    @Override
    public void renameTable(ObjectPath table, String newName, boolean ignoreIfNotExists)
            throws TableNotExistException, TableAlreadyExistException {
        Preconditions.checkNotNull(table);
        checkName(newName);
        refuseTree(table);
        ObjectPath target = new ObjectPath(table.getDatabaseName(), newName);
        String path = paths.table(table);
        String targetPath = paths.table(target);
        boolean isSame = path.equals(targetPath);
        Outcome outcome = isSame
                ? (tableExists(table) ? Outcome.EXISTS : Outcome.MISSING)
                : store().rename(nameOf(table), path, targetPath);
        if (outcome == Outcome.EXISTS) {
            throw new TableAlreadyExistException(getName(), target);
        }
        if (outcome == Outcome.MISSING && !ignoreIfNotExists) {
            throw new TableNotExistException(getName(), table);
        }
        caughtUp(path, targetPath);
    }

    /**
     * The checks of planning; what is not resolved is checked when it is used. A table is refused if neither a
     * streaming nor a batch query could use it.
     */
    private void check(ObjectPath table, CatalogBaseTable definition) {
        if (definition instanceof ResolvedCatalogTable resolved) {
            try {
                check(table, resolved, RuntimeExecutionMode.STREAMING);
            } catch (ValidationException e) {
                try {
                    check(table, resolved, RuntimeExecutionMode.BATCH);
                } catch (ValidationException again) {
                    throw e;
                }
            }
        }
    }

    private void check(ObjectPath table, ResolvedCatalogTable definition, RuntimeExecutionMode mode) {
        factory.check(new FactoryUtil.DefaultDynamicTableContext(
                ObjectIdentifier.of(getName(), table.getDatabaseName(), table.getObjectName()),
                definition,
                Map.of(),
                new Configuration().set(ExecutionOptions.RUNTIME_MODE, mode),
                classLoader,
                false));
    }

    private static void refuseTree(ObjectPath path) {
        if (isOfTree(path)) {
            throw TreeDatabase.refusal();
        }
    }

    private static String nameOf(ObjectPath path) {
        return "`" + path.getDatabaseName() + "`.`" + path.getObjectName() + "`";
    }

    // ---- Functions, whose names are the same in upper and lower case.

    @Override
    public List<String> listFunctions(String database) throws DatabaseNotExistException {
        checkDatabase(database);
        return database.equals(TreeDatabase.NAME)
                ? List.of()
                : children(paths.database(database), CatalogPaths::functionOf);
    }

    @Override
    public CatalogFunction getFunction(ObjectPath path) throws FunctionNotExistException {
        Preconditions.checkNotNull(path);
        ObjectPath function = normalized(path);
        return function(function).orElseThrow(() -> new FunctionNotExistException(getName(), function));
    }

    private Optional<CatalogFunction> function(ObjectPath function) {
        return get(paths.function(function)).map(znode -> {
            give(znode.path(), Seen.of(znode));
            return Definitions.function(znode);
        });
    }

    @Override
    public boolean functionExists(ObjectPath path) {
        Preconditions.checkNotNull(path);
        return get(paths.function(normalized(path))).isPresent();
    }

    @Override
    public void createFunction(ObjectPath path, CatalogFunction definition, boolean ignoreIfExists)
            throws FunctionAlreadyExistException, DatabaseNotExistException {
        Preconditions.checkNotNull(path);
        Preconditions.checkNotNull(definition);
        ObjectPath function = normalized(path);
        refuseTree(function);
        String znode = paths.function(function);
        switch (store().create(nameOf(function), znode, Definitions.write(definition), parent(function))) {
            case NO_PARENT -> throw new DatabaseNotExistException(getName(), function.getDatabaseName());
            case EXISTS -> {
                if (!ignoreIfExists) {
                    throw new FunctionAlreadyExistException(getName(), function);
                }
            }
            default -> {}
        }
        caughtUp(paths.database(function.getDatabaseName()), znode);
    }

    @Override
    public void alterFunction(ObjectPath path, CatalogFunction definition, boolean ignoreIfNotExists)
            throws FunctionNotExistException {
        Preconditions.checkNotNull(path);
        Preconditions.checkNotNull(definition);
        ObjectPath function = normalized(path);
        String znode = paths.function(function);
        Outcome outcome =
                store().replace(nameOf(function), znode, Definitions.write(definition), given(znode), current -> {});
        switch (outcome) {
            case DONE -> caughtUp(znode);
            case MISSING -> {
                if (!ignoreIfNotExists) {
                    throw new FunctionNotExistException(getName(), function);
                }
            }
            default -> throw lostRace(nameOf(function));
        }
    }

    @Override
    public void dropFunction(ObjectPath path, boolean ignoreIfNotExists) throws FunctionNotExistException {
        Preconditions.checkNotNull(path);
        ObjectPath function = normalized(path);
        String znode = paths.function(function);
        if (store().delete(nameOf(function), znode) == Outcome.MISSING && !ignoreIfNotExists) {
            throw new FunctionNotExistException(getName(), function);
        }
        caughtUp(znode);
    }

    private static ObjectPath normalized(ObjectPath path) {
        return new ObjectPath(path.getDatabaseName(), FunctionIdentifier.normalizeName(path.getObjectName()));
    }

    // ---- What all of them need.

    private static void checkName(String name) {
        Preconditions.checkArgument(!StringUtils.isNullOrWhitespaceOnly(name), "The name is empty.");
    }

    private void checkDatabase(String database) throws DatabaseNotExistException {
        if (!existsAlways(database) && read(paths.database(database)).isEmpty()) {
            throw new DatabaseNotExistException(getName(), database);
        }
    }

    /** What is created together with the first object of a database that exists without a znode; else null. */
    private byte[] parent(ObjectPath path) {
        return existsAlways(path.getDatabaseName()) ? Definitions.write(noProperties()) : null;
    }

    private Optional<ZNode> read(String path) {
        try {
            return mirror().get(path);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** As {@link #read}, but what cannot be read is nothing while the planner asks what a name could mean. */
    private Optional<ZNode> get(String path) {
        try {
            return mirror().get(path);
        } catch (IOException e) {
            if (NameResolution.isUnderWay()) {
                LOG.warn("It is not known whether '{}' is there: {}", path, e.getMessage());
                return Optional.empty();
            }
            throw failed(e);
        }
    }

    private List<ZNode> children(String path) {
        try {
            return mirror().children(path);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private List<String> children(String path, Function<String, String> name) {
        return children(path).stream()
                .map(znode -> name.apply(znode.path()))
                .filter(decoded -> decoded != null)
                .toList();
    }

    private CatalogException failed(IOException cause) {
        return new CatalogException("The catalog '" + getName() + "' cannot be read: " + cause.getMessage(), cause);
    }

    private static CatalogException lostRace(String what) {
        return new CatalogException("Could not alter " + what + ": somebody else has altered it since this session read"
                + " it, and nothing was written. Repeat the statement.");
    }

    private void give(String path, Seen version) {
        synchronized (given) {
            given.computeIfAbsent(Thread.currentThread(), any -> new ConcurrentHashMap<>())
                    .put(path, version);
        }
    }

    /** The version that this thread has seen last, or null. */
    private Seen given(String path) {
        synchronized (given) {
            return given.getOrDefault(Thread.currentThread(), Map.of()).get(path);
        }
    }

    /** Waits until this catalog shows what it has written; what was given before is outdated. */
    private void caughtUp(String... written) {
        synchronized (given) {
            Map<String, Seen> seen = given.get(Thread.currentThread());
            if (seen != null) {
                List.of(written).forEach(seen::remove);
            }
        }
        store().catchUp(written);
    }
}
