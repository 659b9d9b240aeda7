# SPDX-License-Identifier: GPL-2.0-only
# Completion of phyrctl in bash. What the daemon knows it is asked for.

_phyrctl_ask()
{
	phyrctl "${_phyrctl_server[@]}" "$@" 2>/dev/null
}

# a/<b|c>/d -> a/b/d a/c/d, for every <...> of its arguments
_phyrctl_expand()
{
	local pattern before choices after choice

	for pattern; do
		if [[ $pattern != *'<'*'>'* ]]; then
			printf '%s\n' "$pattern"
			continue
		fi
		before=${pattern%%'<'*}
		choices=${pattern#*'<'}
		after=${choices#*'>'}
		choices=${choices%%'>'*}
		case $choices in
		backing) choices='base|thp|hugetlb-2M|hugetlb-1G' ;;
		size) choices='4KiB|64KiB|2MiB|64MiB|1GiB' ;;
		esac
		while IFS= read -r -d '|' choice; do
			_phyrctl_expand "$before$choice$after"
		done <<<"$choices|"
	done
}

_phyrctl_workloads()
{
	local pattern rest

	_phyrctl_ask system | while read -r pattern rest; do
		[[ $pattern == */'<backing>'/'<size>' ]] && _phyrctl_expand "$pattern"
	done
}

_phyrctl_runs()
{
	_phyrctl_ask ls | while read -r id _; do
		[[ $id == [0-9]* ]] && echo "$id"
	done
}

_phyrctl()
{
	local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local commands='run ls show compare export import system'
	local words= options='--json --server --token-file --help' command= i
	local _phyrctl_server=()

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--server | --token-file)
			_phyrctl_server+=("${COMP_WORDS[i]}" "${COMP_WORDS[i + 1]}")
			((i++))
			;;
		--*) ;;
		*)
			[[ $command ]] || command=${COMP_WORDS[i]}
			;;
		esac
	done

	case $previous in
	--token-file | --output)
		COMPREPLY=($(compgen -f -- "$word"))
		return
		;;
	--server | --name | --samples | --warmup | --device | --limit | --before)
		COMPREPLY=()
		return
		;;
	esac

	case $command in
	'') words=$commands ;;
	run)
		options+=' --name --samples --warmup --device --detach'
		[[ $word == -* ]] || words=$(_phyrctl_workloads)
		;;
	ls) options+=' --limit --before' ;;
	show | compare) words=$(_phyrctl_runs) ;;
	export)
		options+=' --output'
		words=$(_phyrctl_runs)
		;;
	import)
		options+=' --name'
		[[ $word == -* ]] || words=$(compgen -f -- "$word")
		;;
	esac
	COMPREPLY=($(compgen -W "$words $options" -- "$word"))
}

complete -F _phyrctl phyrctl
