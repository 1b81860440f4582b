// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import io.zkflink.catalog.DefinitionWriter.Outcome;
import io.zkflink.catalog.definition.Definitions;
import io.zkflink.client.SharedResources;
import io.zkflink.client.ZNode;
import io.zkflink.table.options.CatalogTableOptions;
import io.zkflink.table.options.TableOwner;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.flink.table.catalog.CatalogBaseTable;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ObjectPath;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.exceptions.CatalogException;
import org.apache.flink.table.catalog.exceptions.DatabaseNotExistException;
import org.apache.flink.table.catalog.exceptions.TableAlreadyExistException;
import org.apache.flink.table.catalog.exceptions.TableNotExistException;
import org.apache.flink.table.factories.Factory;
import org.apache.flink.util.Preconditions;

/**
 * A catalog whose databases, tables, views and functions are kept in ZooKeeper, each in a znode of its own.
 *
 * <p>Questions are answered from {@link MirroredDefinitions}; changes are made by a {@link DefinitionWriter}. Here are
 * the tables and views; those of {@link TreeDatabase} need no definition.
 */
final class ZooKeeperCatalog extends DatabasesAndFunctions {

    private final Definitions format;
    private final TreeDatabase tree;
    private final CatalogTableFactory factory;
    private final RequestedMoments moments = new RequestedMoments();

    ZooKeeperCatalog(String name, String defaultDatabase, CatalogSettings settings, ClassLoader classLoader) {
        this(name, defaultDatabase, settings, classLoader, ZNodeMirror::lease);
    }

    ZooKeeperCatalog(
            String name,
            String defaultDatabase,
            CatalogSettings settings,
            ClassLoader classLoader,
            Function<ZNodeMirror.Key, SharedResources<ZNodeMirror.Key, ZNodeMirror>.Lease> mirrors) {
        super(
                name,
                defaultDatabase,
                new MirroredDefinitions("The catalog '" + name + "'", settings, mirrors),
                settings);
        TableOwner owner = new TableOwner(settings.path(), TreeDatabase.NAME, settings.options(), settings.history());
        this.format = new Definitions(classLoader, options -> new CatalogTableOptions(options, owner));
        this.tree = new TreeDatabase(
                settings.connection().base(),
                settings.dataIsBytes(),
                options -> new CatalogTableOptions(options, owner));
        this.factory = new CatalogTableFactory(owner, classLoader);
    }

    @Override
    public Optional<Factory> getFactory() {
        return Optional.of(factory);
    }

    @Override
    public List<String> listTables(String database) throws DatabaseNotExistException {
        checkDatabase(database);
        return database.equals(TreeDatabase.NAME)
                ? tree.list(definitions.topLevelZNodes())
                : list(database, CatalogPaths::tableOf);
    }

    /** A definition that cannot be read may be that of a view or not; it is an error only for who asks for it. */
    @Override
    public List<String> listViews(String database) throws DatabaseNotExistException {
        checkDatabase(database);
        return objects(database).stream()
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
        return TreeDatabase.has(table)
                ? tree.exists(table.getObjectName())
                : definitions.find(paths.table(table)).isPresent();
    }

    @Override
    public CatalogBaseTable getTable(ObjectPath table) throws TableNotExistException {
        Preconditions.checkNotNull(table);
        CatalogBaseTable present = present(table);
        Optional<Long> moment = moments.now(table);
        return moment.isPresent() ? past(table, present, moment.get()) : present;
    }

    @Override
    public CatalogBaseTable getTable(ObjectPath table, long timestamp) throws TableNotExistException {
        CatalogBaseTable present = present(table);
        moments.asOf(table, timestamp);
        return past(table, present, timestamp);
    }

    private CatalogBaseTable present(ObjectPath table) throws TableNotExistException {
        return TreeDatabase.has(table)
                ? tree.table(getName(), table)
                : definitions
                        .load(paths.table(table))
                        .map(format::table)
                        .orElseThrow(() -> new TableNotExistException(getName(), table));
    }

    /** Only a table of ours, without an ensemble of its own, has its past in {@code history.path}. */
    private CatalogTable past(ObjectPath name, CatalogBaseTable table, long moment) {
        if (!(table instanceof CatalogTable present) || !TableOwner.isNeededBy(present.getOptions())) {
            throw new CatalogException("FOR SYSTEM_TIME AS OF cannot be asked of " + CatalogPaths.nameOf(name)
                    + ": the catalog '" + getName() + "' knows the past of tables of its own ensemble only, which is"
                    + " not that of a view, of another connector, or of a table with a 'connect-string' of its own.");
        }
        return TableOwner.asOf(present, moment);
    }

    @Override
    public void createTable(ObjectPath table, CatalogBaseTable definition, boolean ignoreIfExists)
            throws TableAlreadyExistException, DatabaseNotExistException {
        Preconditions.checkNotNull(table);
        Preconditions.checkNotNull(definition);
        TreeDatabase.refuse(table);
        if (ignoreIfExists && tableExists(table)) {
            return;
        }
        check(table, definition);
        Outcome outcome = writer.create(paths.table(table), Definitions.write(definition), missingParent(table));
        if (outcome == Outcome.NO_PARENT) {
            throw new DatabaseNotExistException(getName(), table.getDatabaseName());
        }
        if (outcome == Outcome.EXISTS && !ignoreIfExists) {
            throw new TableAlreadyExistException(getName(), table);
        }
    }

    /** The checks of planning; what is not resolved is checked when it is used. */
    private void check(ObjectPath table, CatalogBaseTable definition) {
        if (definition instanceof ResolvedCatalogTable resolved) {
            factory.check(ObjectIdentifier.of(getName(), table.getDatabaseName(), table.getObjectName()), resolved);
        }
    }

    @Override
    public void alterTable(ObjectPath table, CatalogBaseTable definition, boolean ignoreIfNotExists)
            throws TableNotExistException {
        Preconditions.checkNotNull(table);
        Preconditions.checkNotNull(definition);
        TreeDatabase.refuse(table);
        check(table, definition);
        Outcome outcome = writer.replace(paths.table(table), Definitions.write(definition), current -> {
            CatalogBaseTable.TableKind kind = Definitions.kind(current);
            if (kind != definition.getTableKind()) {
                throw new CatalogException(String.format(
                        "Table types don't match. Existing table is '%s' and new table is '%s'.",
                        kind, definition.getTableKind()));
            }
        });
        if (outcome == Outcome.MISSING && !ignoreIfNotExists) {
            throw new TableNotExistException(getName(), table);
        }
    }

    @Override
    public void dropTable(ObjectPath table, boolean ignoreIfNotExists) throws TableNotExistException {
        Preconditions.checkNotNull(table);
        TreeDatabase.refuse(table);
        if (writer.delete(paths.table(table), false) == Outcome.MISSING && !ignoreIfNotExists) {
            throw new TableNotExistException(getName(), table);
        }
    }

    @Override
    public void renameTable(ObjectPath table, String newName, boolean ignoreIfNotExists)
            throws TableNotExistException, TableAlreadyExistException {
        Preconditions.checkNotNull(table);
        checkName(newName);
        TreeDatabase.refuse(table);
        ObjectPath target = new ObjectPath(table.getDatabaseName(), newName);
        boolean isSame = table.equals(target);
        Outcome outcome = isSame ? Outcome.MISSING : writer.rename(paths.table(table), paths.table(target));
        if (outcome == Outcome.EXISTS || (isSame && tableExists(table))) {
            throw new TableAlreadyExistException(getName(), target);
        }
        if (outcome == Outcome.MISSING && !ignoreIfNotExists) {
            throw new TableNotExistException(getName(), table);
        }
    }
}
