#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The RDMA programs that people use, both ends on this machine. The output is KTAP, the exit status kselftest's.

device=rxe0
address=10.0.0.1
seconds=120 # the most that one end may take
folder=$(mktemp -d)
planned=29
large=16777216 all=-a # bytes of a message, and how sizes up to 8 MiB are asked for
[ -n "$PHYR_LAYOUTS" ] && [ -z "$PHYR_LONG" ] && large=2097152 all='-s 1048576' # a slow kernel
number=0
failed=0

result() # status, name
{
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number $2"
		return
	fi
	echo "not ok $number $2"
	failed=1
	for output in "$folder"/*.out; do
		echo "# ${output##*/}:"
		tail -n 20 "$output" | cut -c 1-160 | sed 's/^/#   /'
	done
}

# The GID of the IPv4 address, as RoCE v2 has it.
gid_index()
{
	ports=/sys/class/infiniband/$device/ports/1
	for gid in "$ports"/gids/*; do
		index=${gid##*/}
		grep -q '^0000:0000:0000:0000:0000:ffff:0a00:0001$' "$gid" &&
			grep -q 'v2' "$ports/gid_attrs/types/$index" && echo "$index" && return
	done
}

# Something listens on 18515, the port of pingpong and perftest.
wait_for_server()
{
	tries=0
	until grep -q ':4853 [0-9A-F:]* 0A' /proc/net/tcp /proc/net/tcp6; do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || return 1
		usleep 100000
	done
}

one() # name, pattern that the output has, command...
{
	name=$1 pattern=$2
	shift 2
	rm -f "$folder"/*.out
	timeout "$seconds" "$@" >"$folder/one.out" 2>&1 && grep -q "$pattern" "$folder/one.out"
	result $? "$name"
}

both() # name, pattern that the client's output has, command...; the client gets $address too
{
	name=$1 pattern=$2
	shift 2
	rm -f "$folder"/*.out
	timeout "$seconds" "$@" >"$folder/server.out" 2>&1 &
	wait_for_server &&
		timeout "$seconds" "$@" $address >"$folder/client.out" 2>&1 &&
		grep -q "$pattern" "$folder/client.out"
	status=$?
	[ $status = 0 ] || kill $! 2>/dev/null
	wait $! || status=1
	result $status "$name"
}

echo "TAP version 13"
if [ ! -d /sys/class/infiniband/$device ]; then
	echo "1..0 # SKIP no RDMA device $device"
	exit 4
fi
gid=$(gid_index)
[ -n "$gid" ] || {
	echo "Bail out! $device has no RoCE v2 GID for $address"
	exit 1
}
echo "1..$planned"

one ibv_devices $device ibv_devices
one ibv_devinfo 'state:.*PORT_ACTIVE' ibv_devinfo -v -d $device

for transport in rc uc ud srq; do
	check=-c # what arrived
	[ $transport = srq ] && check=
	both "ibv_${transport}_pingpong" ' iters in ' "ibv_${transport}_pingpong" \
		-d $device -g "$gid" -n 100 $check
done
both 'ibv_rc_pingpong, 1 MiB messages' ' iters in ' ibv_rc_pingpong -d $device -g "$gid" -n 20 -s 1048576 -c
both 'ibv_rc_pingpong, on-demand paging' ' iters in ' ibv_rc_pingpong -d $device -g "$gid" -n 20 -o

# Something listens on the device, whose connections are not those of TCP.
wait_for_listener()
{
	tries=0
	until rdma resource show cm_id | grep "^link $device/1 .*state LISTEN" >/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || return 1
		usleep 100000
	done
}

cm() # pattern that the client's output has, program, options...
{
	pattern=$1 program=$2
	shift 2
	server=$program at="-b $address"
	[ "$program" = rdma_client ] && server=rdma_server at="-s $address"
	rm -f "$folder"/*.out
	# shellcheck disable=SC2086 # two words
	timeout "$seconds" "$server" $at "$@" >"$folder/server.out" 2>&1 &
	wait_for_listener &&
		timeout "$seconds" "$program" -s $address "$@" >"$folder/client.out" 2>&1 &&
		grep -q "$pattern" "$folder/client.out"
	status=$?
	[ $status = 0 ] || kill $! 2>/dev/null
	wait $! || status=1
	result $status "$device: $program"
}

rping_both()
{
	rm -f "$folder"/*.out
	timeout "$seconds" rping -s -a "$address" -C 20 -V >"$folder/server.out" 2>&1 &
	wait_for_listener
	timeout "$seconds" rping -c -a "$address" -C 20 -V -v >"$folder/client.out" 2>&1
	status=$?
	wait $! || status=1
	[ "$(grep -c '^ping data: ' "$folder/client.out")" = 20 ] || status=1
	result $status "rping to $address"
}

connected()
{
	rping_both
	cm '^custom' rstream -S 65536 -I 20 -C 1 -T v
	cm '^custom' riostream -S 65536 -I 20 -C 1 -T v
	cm 'end 0' rdma_client
}
connected
# Its server may send first, which iWARP forbids, and siw takes for a broken reply.
cm 'return status 0' ucmatose -c 3 -C 10 -S 40000
cm 'return status 0' udaddy -c 2 -C 10 -S 1000

perftest() # name, program, options...
{
	name=$1 program=$2
	shift 2
	both "$name" '^ [0-9]' "$program" -d $device -x "$gid" -F "$@"
}
perftest ib_write_bw ib_write_bw -s 65536 -n 50
perftest ib_read_lat ib_read_lat -s 4096 -n 50
perftest ib_send_bw ib_send_bw -s 65536 -n 50
perftest ib_atomic_bw ib_atomic_bw -n 50
perftest 'ib_write_bw, large messages' ib_write_bw -s $large -n 5
perftest 'ib_write_bw, hugepages' ib_write_bw -s 1048576 -n 10 --use_hugepages
# shellcheck disable=SC2086 # one word or two
perftest 'ib_read_bw, many sizes' ib_read_bw $all -n 5

# iWARP connects through rdma_cm only.
device=siw0 address=10.0.1.1
connected
perftest_cm() # name, program, options...
{
	name=$1 program=$2
	shift 2
	both "siw: $name" '^ [0-9]' "$program" -d $device -R -F "$@"
}
perftest_cm ib_write_bw ib_write_bw -s 65536 -n 50
perftest_cm ib_read_lat ib_read_lat -s 4096 -n 50
perftest_cm ib_send_bw ib_send_bw -s 65536 -n 50
perftest_cm 'ib_write_bw, hugepages' ib_write_bw -s 1048576 -n 10 --use_hugepages

rm -rf "$folder"
[ $number = $planned ] || failed=1
exit $failed
