// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.config.Property;

/**
 * Looks through all that this JVM logs, at every level, by whatever library, from its construction to {@link #close}.
 * Remembers only what it was looking for. One at a time; the methods may be called by any thread.
 */
public final class LogSearch implements AutoCloseable {

    private final Predicate<String> wanted;
    private final Queue<String> found = new ConcurrentLinkedQueue<>();
    private final AtomicLong seen = new AtomicLong();
    private final LoggerContext context = (LoggerContext) LogManager.getContext(false);
    private final java.util.logging.Logger jdk = java.util.logging.Logger.getLogger("");
    private final Handler jdkHandler = new JdkHandler();
    private final java.util.logging.Level jdkLevel = jdk.getLevel();

    /** @param wanted is asked for each message, with its exception; a slow one slows down everybody */
    public LogSearch(Predicate<String> wanted) {
        this.wanted = wanted;
        AbstractAppender appender = new AbstractAppender("search", null, null, false, Property.EMPTY_ARRAY) {
            @Override
            public void append(LogEvent event) {
                look(event.getLoggerName(), event.getMessage().getFormattedMessage(), event.getThrown());
            }
        };
        appender.start();
        LoggerConfig root = context.getConfiguration().getRootLogger();
        root.getAppenders().values().forEach(other -> {
            // The others go on as before, not to bury the console.
            root.removeAppender(other.getName());
            root.addAppender(other, root.getLevel(), null);
        });
        root.addAppender(appender, Level.ALL, null);
        context.getConfiguration().getLoggers().values().forEach(logger -> logger.setLevel(Level.ALL));
        context.updateLoggers();
        jdkHandler.setLevel(java.util.logging.Level.ALL);
        for (Handler other : jdk.getHandlers()) {
            other.setLevel(java.util.logging.Level.INFO);
        }
        jdk.addHandler(jdkHandler);
        jdk.setLevel(java.util.logging.Level.ALL);
    }

    private void look(String logger, String message, Throwable thrown) {
        seen.incrementAndGet();
        String text = logger + ": " + message;
        if (thrown != null) {
            StringWriter trace = new StringWriter();
            thrown.printStackTrace(new PrintWriter(trace));
            text += "\n" + trace;
        }
        if (wanted.test(text)) {
            found.add(text);
        }
    }

    /** What was found so far. */
    public List<String> found() {
        return List.copyOf(found);
    }

    /** How many messages were looked at. */
    public long seen() {
        return seen.get();
    }

    /** Lets everything be logged as before. */
    @Override
    public void close() {
        jdk.removeHandler(jdkHandler);
        jdk.setLevel(jdkLevel);
        context.reconfigure();
    }

    private final class JdkHandler extends Handler {
        private final SimpleFormatter formatter = new SimpleFormatter();

        @Override
        public void publish(LogRecord event) {
            look(event.getLoggerName(), formatter.formatMessage(event), event.getThrown());
        }

        @Override
        public void flush() {
            // Nothing waits.
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }
}
