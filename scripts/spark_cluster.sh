#!/bin/bash
# A real Spark cluster on this machine: one master, two workers (a process each) and a Thrift server in front of it, all from the
# PySpark package. Its tables lie in the folder that FOOTFALL_SPARK names (data/spark).
#
#   scripts/spark_cluster.sh start     begin; then: dbt build --target spark_cluster
#   scripts/spark_cluster.sh status    who is alive
#   scripts/spark_cluster.sh stop      end all four
#
# Variables: PYTHON (.venv-spark/bin/python), FOOTFALL_SPARK, FOOTFALL_SPARK_PORT (10000), FOOTFALL_SPARK_WORKERS (2),
#   FOOTFALL_SPARK_WORKER_CORES (1), FOOTFALL_SPARK_WORKER_MEMORY (3g), FOOTFALL_SPARK_MEMORY (2g, of the Thrift server),
#   FOOTFALL_SPARK_PARTITIONS (8), FOOTFALL_SPARK_MASTER_PORT (7077).
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-.venv-spark/bin/python}
folder=${FOOTFALL_SPARK:-data/spark}
port=${FOOTFALL_SPARK_PORT:-10000}
workers=${FOOTFALL_SPARK_WORKERS:-2}
master_port=${FOOTFALL_SPARK_MASTER_PORT:-7077}
master=spark://127.0.0.1:$master_port

fail() { echo "$1" >&2; exit 1; }

# Waits until a file holds a text as often as asked for: file, text, times, what is waited for.
wait_for() {
    for _ in $(seq 240); do
        [ "$(grep -c -- "$2" "$1" 2>/dev/null || true)" -ge "$3" ] && return
        sleep 0.5
    done
    fail "$4 did not start within two minutes. Fix: see $1."
}

# Starts a process of its own: name, command.
begin() {
    local name=$1
    shift
    setsid "$@" >"$folder/cluster/$name.log" 2>&1 </dev/null &
    echo $! >"$folder/cluster/$name.pid"
    echo "$name: process $!"
}

is_alive() { [ -f "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }

start() {
    command -v java >/dev/null || fail "Java is missing. Fix: install Java 17 or newer (on Debian: apt-get install openjdk-17-jre-headless)."
    [ -x "$python" ] || fail "$python is missing. Fix: run 'make spark-setup', or name a Python with PySpark by PYTHON."
    mkdir -p "$folder/cluster"
    folder=$(cd "$folder" && pwd)
    for pid in "$folder"/cluster/*.pid; do
        is_alive "$pid" && fail "$(basename "$pid" .pid) is running already. Fix: scripts/spark_cluster.sh stop."
    done
    rm -f "$folder"/cluster/*.pid
    SPARK_HOME=$("$python" -c 'import pyspark; print(pyspark.__path__[0])')
    export SPARK_HOME SPARK_LOCAL_IP=127.0.0.1 SPARK_DAEMON_MEMORY=512m TZ=UTC
    export PYSPARK_PYTHON=$python
    # Whatever does not come up: what was begun is ended again.
    trap stop EXIT
    begin master "$SPARK_HOME/bin/spark-class" org.apache.spark.deploy.master.Master --host 127.0.0.1 --port "$master_port" --webui-port 0
    wait_for "$folder/cluster/master.log" "I have been elected leader" 1 "The master"
    for number in $(seq "$workers"); do
        begin "worker_$number" "$SPARK_HOME/bin/spark-class" org.apache.spark.deploy.worker.Worker --host 127.0.0.1 --webui-port 0 \
            --cores "${FOOTFALL_SPARK_WORKER_CORES:-1}" --memory "${FOOTFALL_SPARK_WORKER_MEMORY:-3g}" --work-dir "$folder/cluster/work_$number" "$master"
    done
    for number in $(seq "$workers"); do
        wait_for "$folder/cluster/worker_$number.log" "Successfully registered with master" 1 "Worker $number"
    done
    begin thrift_server "$SPARK_HOME/bin/spark-submit" --master "$master" --name footfall --driver-memory "${FOOTFALL_SPARK_MEMORY:-2g}" \
        --class org.apache.spark.sql.hive.thriftserver.HiveThriftServer2 \
        --conf spark.driver.host=127.0.0.1 --conf spark.driver.bindAddress=127.0.0.1 --conf spark.ui.enabled=false \
        --conf spark.executor.memory="${FOOTFALL_SPARK_WORKER_MEMORY:-3g}" \
        --conf spark.sql.warehouse.dir="$folder/warehouse" \
        --conf "spark.hadoop.javax.jdo.option.ConnectionURL=jdbc:derby:;databaseName=$folder/metastore_db;create=true" \
        --conf "spark.driver.extraJavaOptions=-Duser.timezone=UTC -Dderby.system.home=$folder" \
        --conf "spark.executor.extraJavaOptions=-Duser.timezone=UTC" \
        --conf spark.sql.shuffle.partitions="${FOOTFALL_SPARK_PARTITIONS:-8}" \
        --conf spark.sql.sources.parallelPartitionDiscovery.threshold=10000 \
        --conf spark.sql.ansi.enabled=false --conf spark.sql.timestampType=TIMESTAMP_NTZ --conf spark.sql.session.timeZone=UTC \
        spark-internal --hiveconf hive.server2.thrift.port="$port" --hiveconf hive.server2.thrift.bind.host=127.0.0.1 \
        --hiveconf hive.server2.authentication=NONE
    wait_for "$folder/cluster/thrift_server.log" "ThriftBinaryCLIService on port $port" 1 "The Thrift server"
    trap - EXIT
    echo "ready: dbt build --target spark_cluster"
}

status() {
    for pid in "$folder"/cluster/*.pid; do
        [ -f "$pid" ] || fail "no cluster was started. Fix: scripts/spark_cluster.sh start."
        if is_alive "$pid"; then echo "$(basename "$pid" .pid): process $(cat "$pid")"; else echo "$(basename "$pid" .pid): gone"; fi
    done
}

stop() {
    for name in thrift_server worker_ master; do
        for pid in "$folder"/cluster/"$name"*.pid; do
            if is_alive "$pid"; then
                kill -- -"$(cat "$pid")" 2>/dev/null || kill "$(cat "$pid")"
                for _ in $(seq 40); do is_alive "$pid" && sleep 0.25; done
                is_alive "$pid" && kill -9 -- -"$(cat "$pid")"
                echo "$(basename "$pid" .pid): ended"
            fi
            rm -f "$pid"
        done
    done
}

case ${1:-} in
    start | status | stop) "$1" ;;
    *) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" ;;
esac
