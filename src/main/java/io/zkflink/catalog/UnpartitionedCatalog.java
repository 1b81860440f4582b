// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

import java.util.List;
import org.apache.flink.table.catalog.AbstractCatalog;
import org.apache.flink.table.catalog.CatalogBaseTable;
import org.apache.flink.table.catalog.CatalogModel;
import org.apache.flink.table.catalog.CatalogPartition;
import org.apache.flink.table.catalog.CatalogPartitionSpec;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.ObjectPath;
import org.apache.flink.table.catalog.exceptions.CatalogException;
import org.apache.flink.table.catalog.exceptions.PartitionNotExistException;
import org.apache.flink.table.catalog.exceptions.ProcedureNotExistException;
import org.apache.flink.table.catalog.exceptions.TableNotExistException;
import org.apache.flink.table.catalog.exceptions.TableNotPartitionedException;
import org.apache.flink.table.catalog.stats.CatalogColumnStatistics;
import org.apache.flink.table.catalog.stats.CatalogTableStatistics;
import org.apache.flink.table.expressions.Expression;
import org.apache.flink.table.procedures.Procedure;

/** What a catalog answers that keeps neither partitions nor statistics, models or procedures. */
abstract class UnpartitionedCatalog extends AbstractCatalog {

    UnpartitionedCatalog(String name, String defaultDatabase) {
        super(name, defaultDatabase);
    }

    private static CatalogException unsupported(String what) {
        return new CatalogException("A ZooKeeper catalog keeps no " + what + ".");
    }

    // ---- Partitions: keys are part of a table's definition, but there is no list of the partitions that exist.

    @Override
    public List<CatalogPartitionSpec> listPartitions(ObjectPath table)
            throws TableNotExistException, TableNotPartitionedException {
        CatalogBaseTable definition = getTable(table);
        if (!(definition instanceof CatalogTable partitioned) || !partitioned.isPartitioned()) {
            throw new TableNotPartitionedException(getName(), table);
        }
        return List.of();
    }

    @Override
    public List<CatalogPartitionSpec> listPartitions(ObjectPath table, CatalogPartitionSpec spec)
            throws TableNotExistException, TableNotPartitionedException {
        return listPartitions(table);
    }

    /** As Flink's own catalog in memory: the planner then goes by what the connector lists. */
    @Override
    public List<CatalogPartitionSpec> listPartitionsByFilter(ObjectPath table, List<Expression> filters) {
        throw new UnsupportedOperationException("A ZooKeeper catalog keeps no partitions.");
    }

    @Override
    public CatalogPartition getPartition(ObjectPath table, CatalogPartitionSpec spec)
            throws PartitionNotExistException {
        throw new PartitionNotExistException(getName(), table, spec);
    }

    @Override
    public boolean partitionExists(ObjectPath table, CatalogPartitionSpec spec) {
        return false;
    }

    @Override
    public void createPartition(
            ObjectPath table, CatalogPartitionSpec spec, CatalogPartition partition, boolean ignoreIfExists) {
        throw unsupported("partitions");
    }

    @Override
    public void dropPartition(ObjectPath table, CatalogPartitionSpec spec, boolean ignoreIfNotExists)
            throws PartitionNotExistException {
        if (!ignoreIfNotExists) {
            throw new PartitionNotExistException(getName(), table, spec);
        }
    }

    @Override
    public void alterPartition(
            ObjectPath table, CatalogPartitionSpec spec, CatalogPartition partition, boolean ignoreIfNotExists)
            throws PartitionNotExistException {
        dropPartition(table, spec, ignoreIfNotExists);
    }

    // ---- Statistics.

    @Override
    public CatalogTableStatistics getTableStatistics(ObjectPath table) throws TableNotExistException {
        checkExists(table);
        return CatalogTableStatistics.UNKNOWN;
    }

    @Override
    public CatalogColumnStatistics getTableColumnStatistics(ObjectPath table) throws TableNotExistException {
        checkExists(table);
        return CatalogColumnStatistics.UNKNOWN;
    }

    private void checkExists(ObjectPath table) throws TableNotExistException {
        if (!tableExists(table)) {
            throw new TableNotExistException(getName(), table);
        }
    }

    @Override
    public CatalogTableStatistics getPartitionStatistics(ObjectPath table, CatalogPartitionSpec spec)
            throws PartitionNotExistException {
        throw new PartitionNotExistException(getName(), table, spec);
    }

    @Override
    public CatalogColumnStatistics getPartitionColumnStatistics(ObjectPath table, CatalogPartitionSpec spec)
            throws PartitionNotExistException {
        throw new PartitionNotExistException(getName(), table, spec);
    }

    @Override
    public void alterTableStatistics(ObjectPath table, CatalogTableStatistics statistics, boolean ignoreIfNotExists)
            throws TableNotExistException {
        refuseStatistics(table, ignoreIfNotExists);
    }

    @Override
    public void alterTableColumnStatistics(
            ObjectPath table, CatalogColumnStatistics statistics, boolean ignoreIfNotExists)
            throws TableNotExistException {
        refuseStatistics(table, ignoreIfNotExists);
    }

    private void refuseStatistics(ObjectPath table, boolean ignoreIfNotExists) throws TableNotExistException {
        if (tableExists(table)) {
            throw unsupported("statistics");
        }
        if (!ignoreIfNotExists) {
            throw new TableNotExistException(getName(), table);
        }
    }

    @Override
    public void alterPartitionStatistics(
            ObjectPath table, CatalogPartitionSpec spec, CatalogTableStatistics statistics, boolean ignoreIfNotExists)
            throws PartitionNotExistException {
        dropPartition(table, spec, ignoreIfNotExists);
    }

    @Override
    public void alterPartitionColumnStatistics(
            ObjectPath table, CatalogPartitionSpec spec, CatalogColumnStatistics statistics, boolean ignoreIfNotExists)
            throws PartitionNotExistException {
        dropPartition(table, spec, ignoreIfNotExists);
    }

    // ---- Models, which Flink has since 2.0; older ones never ask.

    @Override
    public void createModel(ObjectPath path, CatalogModel model, boolean ignoreIfExists) {
        throw unsupported("models");
    }

    @Override
    public void alterModel(ObjectPath path, CatalogModel model, boolean ignoreIfNotExists) {
        throw unsupported("models");
    }

    @Override
    public void dropModel(ObjectPath path, boolean ignoreIfNotExists) {
        throw unsupported("models");
    }

    @Override
    public void renameModel(ObjectPath path, String name, boolean ignoreIfNotExists) {
        throw unsupported("models");
    }

    // ---- Procedures.

    @Override
    public List<String> listProcedures(String database) {
        return List.of();
    }

    @Override
    public Procedure getProcedure(ObjectPath procedure) throws ProcedureNotExistException {
        throw new ProcedureNotExistException(getName(), procedure);
    }

    @Override
    public List<String> listMaterializedTables(String database) {
        return List.of();
    }
}
