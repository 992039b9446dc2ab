#!/usr/bin/env bash
# Runs the tests of the pure core (Http/, WebSockets/, Diagnosis/), which are built already, and counts the lines of it that they run.
# Fails below 98 %. Prints the lines that no test ran, and writes artifacts/coverage/coverage.cobertura.xml. CI calls it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly least=98
readonly results=artifacts/coverage

# Neither tests that start other programs, nor those that try thousands of inputs, which repeat the tables and take most of the time.
filter='TestCategory!=WholeMachine&TestCategory!=Slow'
filter+='&(FullyQualifiedName~EchoServer.Tests.Http|FullyQualifiedName~EchoServer.Tests.WebSockets|FullyQualifiedName~EchoServer.Tests.Diagnosis)'
for word in 10000 FuzzTests ModelTests WireConformance Every_code_point Every_four_bytes Random Damaged Mutated Nothing_refers_back; do
  filter+="&Name!~$word&FullyQualifiedName!~$word"
done
readonly filter

rm -rf "$results"
mkdir -p "$results"
# The build has no paths of this machine in it (PathMap): sources need not be found.
readonly collector=DataCollectionRunSettings.DataCollectors.DataCollector.Configuration
if ! said=$(dotnet test EchoServer.Tests/EchoServer.Tests.csproj -c Release --no-build --nologo --filter "$filter" \
  --collect 'XPlat Code Coverage' --results-directory "$results" -- \
  "$collector.Include=[EchoServer]EchoServer.Http.*,[EchoServer]EchoServer.WebSockets.*,[EchoServer]EchoServer.Diagnosis.*" \
  "$collector.SingleHit=true" "$collector.ExcludeByAttribute=GeneratedCodeAttribute" "$collector.ExcludeAssembliesWithoutSources=None" 2>&1); then
  echo "$said" >&2
  echo "coverage.sh: the tests of the pure core failed" >&2
  exit 1
fi
mv "$results"/*/coverage.cobertura.xml "$results"/

# A line can be in several methods, such as those that the compiler makes: it counts once, and as run where any of them ran.
awk -v least="$least" '
  function attribute(name) {
    match($0, " " name "=\"[^\"]*")
    return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3)
  }
  /<class / { file = attribute("filename"); sub(/^.*EchoServer\//, "", file) }
  /<line / {
    key = file ":" attribute("number")
    if (!(key in hits)) { order[++lines] = key }
    hits[key] += attribute("hits")
  }
  END {
    for (i = 1; i <= lines; i++) {
      if (hits[order[i]]) { run++ } else { print order[i] | "sort -t: -k1,1 -k2n" }
    }
    close("sort -t: -k1,1 -k2n")
    share = lines ? 100 * run / lines : 0
    printf "coverage.sh: the tests run %d of %d lines of the pure core: %.1f %%\n", run, lines, share
    exit share < least
  }' "$results/coverage.cobertura.xml" >&2
