// Most tests wait: for a process to start, for a deadline, for another end of a connection. Their fixtures run side by side, the
// tests of a fixture one after the other. A fixture that measures memory, time or the whole machine, or changes what the process
// has only once (environment variables), is [NonParallelizable]: it runs alone.
[assembly: Parallelizable(ParallelScope.Fixtures)]

// More than there are processors, because a waiting test needs none. Not many more, because builds and browsers need all of them.
[assembly: LevelOfParallelism(7)]
