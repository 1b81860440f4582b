// SPDX-License-Identifier: Apache-2.0
package io.zkflink;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.factories.Factory;
import org.junit.jupiter.api.Test;

/** The packages and the arrows between them: a request flows down to the client, an observation up to Flink. */
class ArchitectureTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.zkflink");

    @Test
    void theArrowsBetweenThePackages() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("catalog")
                .definedBy("io.zkflink.catalog")
                .layer("table")
                .definedBy("io.zkflink.table")
                .layer("source")
                .definedBy("io.zkflink.source")
                .optionalLayer("lookup")
                .definedBy("io.zkflink.lookup")
                .optionalLayer("sink")
                .definedBy("io.zkflink.sink")
                .layer("sink.batch")
                .definedBy("io.zkflink.sink.batch")
                .optionalLayer("recipes")
                .definedBy("io.zkflink.recipes")
                .layer("subtree")
                .definedBy("io.zkflink.subtree")
                .layer("row")
                .definedBy("io.zkflink.row")
                .optionalLayer("metrics")
                .definedBy("io.zkflink.metrics")
                .layer("history source")
                .definedBy("io.zkflink.history.source")
                .layer("history")
                .definedBy("io.zkflink.history")
                .layer("path")
                .definedBy("io.zkflink.path")
                .layer("client")
                .definedBy("io.zkflink.client")
                .whereLayer("catalog")
                .mayOnlyAccessLayers("table", "subtree", "row", "path", "client")
                .whereLayer("table")
                .mayOnlyAccessLayers(
                        "source", "lookup", "sink", "recipes", "history source", "history", "row", "path", "client")
                .whereLayer("source")
                .mayOnlyAccessLayers("recipes", "subtree", "row", "metrics", "path", "client")
                .whereLayer("lookup")
                .mayOnlyAccessLayers("recipes", "subtree", "row", "metrics", "path", "client")
                .whereLayer("sink")
                .mayOnlyAccessLayers("sink.batch", "recipes", "subtree", "row", "metrics", "path", "client")
                .whereLayer("sink.batch")
                .mayOnlyAccessLayers("row", "metrics", "client")
                .whereLayer("recipes")
                .mayOnlyAccessLayers("subtree", "path", "client")
                .whereLayer("subtree")
                .mayOnlyAccessLayers("path", "client")
                .whereLayer("history source")
                .mayOnlyAccessLayers("history", "row", "path", "client")
                .whereLayer("history")
                .mayOnlyAccessLayers("client")
                .whereLayer("row")
                .mayOnlyAccessLayers("path", "client")
                .whereLayer("metrics")
                .mayOnlyAccessLayers("client")
                .whereLayer("path")
                .mayNotAccessAnyLayer()
                .whereLayer("client")
                .mayNotAccessAnyLayer()
                .check(CLASSES);
    }

    @Test
    void thereAreNoCycles() {
        SlicesRuleDefinition.slices()
                .matching("io.zkflink.(*)..")
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
    }

    @Test
    void everyClassHasARoom() {
        classes()
                .should()
                .resideInAnyPackage(
                        "io.zkflink.catalog",
                        "io.zkflink.table",
                        "io.zkflink.source",
                        "io.zkflink.lookup",
                        "io.zkflink.sink",
                        "io.zkflink.sink.batch",
                        "io.zkflink.recipes",
                        "io.zkflink.history",
                        "io.zkflink.history.source",
                        "io.zkflink.subtree",
                        "io.zkflink.row",
                        "io.zkflink.metrics",
                        "io.zkflink.path",
                        "io.zkflink.client")
                .check(CLASSES);
    }

    @Test
    void onlyTheClientAndTheFilesKnowZooKeeper() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.zkflink.client", "io.zkflink.history")
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage("org.apache.zookeeper..", "org.apache.jute..", "org.apache.curator.."))
                .check(CLASSES);
    }

    @Test
    void theMechanismKnowsNoFlink() {
        noClasses()
                .that(resideInAnyPackage(
                        "io.zkflink.client", "io.zkflink.path", "io.zkflink.subtree", "io.zkflink.recipes"))
                .should()
                .dependOnClassesThat(resideInAPackage("org.apache.flink.."))
                .check(CLASSES);
    }

    @Test
    void onlyTheTablePackageKnowsOptions() {
        noClasses()
                .that(resideOutsideOfPackages("io.zkflink.table")
                        // Flink asks factories for their options, whichever package declares them.
                        .and(not(assignableTo(Factory.class).and(resideInAPackage("io.zkflink.catalog")))))
                .should()
                .dependOnClassesThat()
                .haveNameMatching("org\\.apache\\.flink\\.configuration\\.(ConfigOption|ConfigOptions|ReadableConfig)")
                .check(CLASSES);
    }

    /** Its thread lives as long as the JVM, and with it the class loader of whoever asked first: a job's. */
    @Test
    void nobodyUsesTheTimerOfTheJvm() {
        noClasses()
                .should()
                .callMethod(CompletableFuture.class, "orTimeout", long.class, TimeUnit.class)
                .orShould()
                .callMethod(CompletableFuture.class, "completeOnTimeout", Object.class, long.class, TimeUnit.class)
                .orShould()
                .callMethod(CompletableFuture.class, "delayedExecutor", long.class, TimeUnit.class)
                .orShould()
                .callMethod(CompletableFuture.class, "delayedExecutor", long.class, TimeUnit.class, Executor.class)
                .check(CLASSES);
    }

    @Test
    void nobodyPrints() {
        noClasses().should().accessField(System.class, "out").check(CLASSES);
    }
}
