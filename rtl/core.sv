// The control core: RV32IM without CSRs, and two custom instructions; in order, two stages.
//
// Fetch reads the instruction memory in one cycle, execute does the whole instruction in the next and gives the
// fetch its next address, so that a taken branch costs nothing. Cycles: load 2, store 1 (2 into the instruction
// memory, whose only port it takes from the fetch), multiplication 2, division and square root 18, all else 1;
// and a cycle more for each refused grant.
//
// A program sees the pc as InstructionBase + pc, so that code, constants and stack share one set of addresses.
// A jump to a register must hit the instruction memory; jumps and branches by an offset wrap around in it.
//
// Fetch and data: req and gnt in the same cycle (a gnt only with a req), read data in the next. A refused data
// request stays as it is until it is granted. An access that is not aligned has the byte enables of the aligned
// one below it and its own address, so that the address map can tell and refuse it; one beyond 18 address bits
// goes to the map's last quarter, which is empty.
//
// When run_i falls, an instruction that finishes in that cycle without a request does so; any other is forgotten,
// as is all else but the registers. An instruction that cannot be executed gives a pulse of error_o and stops the
// core until run_i falls.
//
// busy_o: the state changes in this cycle. It is 0 while the core is stopped, or waits only for a grant or for the unit
// that multiplies and divides, whose clock is its own: multiply_divide_busy_o says the same of that.

module core (
  input  logic        clk_i,
  input  logic        multiply_divide_clk_i,
  input  logic        rst_ni,
  input  logic        run_i,

  output logic        fetch_req_o,
  output logic [10:0] fetch_addr_o,        // of a 32-bit word
  input  logic        fetch_gnt_i,
  input  logic [31:0] fetch_data_i,

  output logic        data_req_o,
  output logic        data_we_o,
  output logic [17:0] data_addr_o,
  output logic [3:0]  data_be_o,
  output logic [31:0] data_wdata_o,
  input  logic        data_gnt_i,
  input  logic [31:0] data_rdata_i,

  // The instruction that finished in the last cycle; without retire_valid_o they mean nothing.
  output logic        retire_valid_o,
  output logic [31:0] retire_pc_o,
  output logic [31:0] retire_instruction_o,
  output logic [4:0]  retire_rd_o,         // 0: no register written
  output logic [31:0] retire_rd_data_o,
  output logic [3:0]  retire_store_be_o,   // 0: no store
  output logic [31:0] retire_address_o,    // of a load or store
  output logic [31:0] retire_store_data_o, // in the lanes of retire_store_be_o

  output logic        error_o,
  output logic        busy_o,
  output logic        multiply_divide_busy_o
);

  localparam logic [18:0] CodePage = 19'(tessera_pkg::InstructionBase >> 13);

  localparam logic [2:0] StateFetch = 3'd0;     // no instruction; pc_q is the next one's address
  localparam logic [2:0] StateExecute = 3'd1;   // the instruction is in fetch_data_i, pc_q is its address
  localparam logic [2:0] StateRequest = 3'd2;   // its data request was refused, and waits in registers
  localparam logic [2:0] StateAnswer = 3'd3;    // its load's data is in data_rdata_i
  localparam logic [2:0] StateCompute = 3'd4;   // it multiplies, divides or takes a root
  localparam logic [2:0] StateFailed = 3'd5;    // it cannot be executed

  logic [2:0]  state_q;
  logic [10:0] pc_q;
  logic [31:0] instruction_q;    // the last instruction that was in StateExecute

  // ---------------------------------------------------------------- execute

  logic        execute;
  logic [31:0] pc;

  assign execute = state_q == StateExecute;
  assign pc = {CodePage, pc_q, 2'b00};

  logic        illegal, load, store, branch, jump, jump_register, multiply_divide, square_root;
  logic [3:0]  alu_operation;
  logic [4:0]  decoded_rd;
  logic [31:0] rs1_data, rs2_data, operand_a, operand_b;
  logic [11:0] offset;

  core_decoder u_decoder (
    .valid_i(execute), .instruction_i(fetch_data_i), .pc_i(pc), .rs1_data_i(rs1_data), .rs2_data_i(rs2_data),
    .illegal_o(illegal), .load_o(load), .store_o(store), .branch_o(branch), .jump_o(jump),
    .jump_register_o(jump_register), .multiply_divide_o(multiply_divide), .square_root_o(square_root),
    .rd_o(decoded_rd),
    .alu_operation_o(alu_operation), .operand_a_o(operand_a), .operand_b_o(operand_b), .offset_o(offset)
  );

  logic [31:0] sum, alu_result;
  logic        less;

  core_alu u_alu (
    .enable_i(execute), .operation_i(alu_operation), .a_i(operand_a), .b_i(operand_b),
    .sum_o(sum), .less_o(less), .result_o(alu_result)
  );

  logic        compute_done;
  logic [31:0] compute_result;

  core_multiply_divide u_multiply_divide (
    .clk_i(multiply_divide_clk_i), .rst_ni,
    .start_i(multiply_divide), .cancel_i(~run_i), .square_root_i(square_root),
    .operation_i(fetch_data_i[14:12]), .a_i(operand_a), .b_i(operand_b),
    .done_o(compute_done), .result_o(compute_result), .busy_o(multiply_divide_busy_o)
  );

  // ---------------------------------------------------------------- loads and stores

  logic        we_q;
  logic [3:0]  be_q;
  logic [31:0] address, address_q, wdata_q;

  always_comb begin
    data_req_o = 1'b0;
    data_we_o = 1'b0;
    data_be_o = '0;
    data_wdata_o = '0;
    address = '0;
    if (load | store) begin
      data_req_o = run_i;
      data_we_o = store;
      address = sum;
      unique case (fetch_data_i[13:12])
        2'b00: begin
          data_be_o = 4'b0001 << sum[1:0];
          data_wdata_o = {4{rs2_data[7:0]}};
        end
        2'b01: begin
          data_be_o = sum[1] ? 4'b1100 : 4'b0011;
          data_wdata_o = {2{rs2_data[15:0]}};
        end
        default: begin
          data_be_o = 4'b1111;
          data_wdata_o = rs2_data;
        end
      endcase
    end else if (state_q == StateRequest) begin
      data_req_o = run_i;
      data_we_o = we_q;
      address = address_q;
      data_be_o = be_q;
      data_wdata_o = wdata_q;
    end
  end

  assign data_addr_o = {address[17:16] | {2{address[31:18] != 14'd0}}, address[15:0]};

  logic [31:0] load_data;
  logic [15:0] load_half;
  logic [7:0]  load_byte;

  always_comb begin
    load_data = '0;
    load_half = '0;
    load_byte = '0;
    if (state_q == StateAnswer) begin
      load_half = address_q[1] ? data_rdata_i[31:16] : data_rdata_i[15:0];
      load_byte = address_q[0] ? load_half[15:8] : load_half[7:0];
      unique case (instruction_q[13:12])
        2'b00: load_data = {{24{~instruction_q[14] & load_byte[7]}}, load_byte};
        2'b01: load_data = {{16{~instruction_q[14] & load_half[15]}}, load_half};
        default: load_data = data_rdata_i;
      endcase
    end
  end

  // ---------------------------------------------------------------- branches and jumps

  logic        taken;
  logic [11:0] target_half;      // pc + offset in halfwords
  logic [10:0] pc_next, target;

  assign pc_next = pc_q + 11'd1;

  always_comb begin
    taken = jump;
    target_half = '0;
    target = '0;
    error_o = illegal;
    if (branch) taken = (fetch_data_i[14] ? less : operand_a == operand_b) != fetch_data_i[12];
    if (taken) begin
      target_half = {pc_q, 1'b0} + offset;
      if (jump_register) begin
        target = sum[12:2];
        error_o = sum[1] | (sum[31:13] != CodePage);
      end else begin
        target = target_half[11:1];
        error_o = target_half[0];
      end
    end
  end

  // ---------------------------------------------------------------- what happens in this cycle

  logic finish;    // the instruction is done
  logic advance;   // the next one is fetched

  always_comb begin
    if (execute) finish = ~(error_o | load | multiply_divide | (store & ~data_gnt_i));
    else if (state_q == StateRequest) finish = we_q & data_gnt_i;
    else finish = (state_q == StateAnswer) | compute_done;
  end

  assign advance = run_i & (finish | (state_q == StateFetch));
  assign fetch_req_o = advance;
  assign fetch_addr_o = state_q == StateFetch ? pc_q : taken ? target : pc_next;

  always_comb begin
    if (state_q == StateFetch) busy_o = run_i ? fetch_gnt_i : pc_q != 11'd0;
    else if (state_q == StateRequest) busy_o = ~run_i | data_gnt_i;
    else if (state_q == StateCompute) busy_o = ~run_i | compute_done;
    else busy_o = (state_q != StateFailed) | ~run_i;
    if (retire_valid_o) busy_o = 1'b1;
  end

  // ---------------------------------------------------------------- result

  logic [4:0]  rd;       // 0: no register is written
  logic [31:0] result;

  always_comb begin
    if (execute) begin
      rd = decoded_rd;
      result = jump ? {CodePage, pc_next, 2'b00} : alu_result;
    end else begin
      rd = state_q == StateRequest ? 5'd0 : instruction_q[11:7];
      result = compute_done ? compute_result : load_data;
    end
  end

  core_register_file u_register_file (
    .clk_i,
    .read_i(execute), .rs1_i(fetch_data_i[19:15]), .rs2_i(fetch_data_i[24:20]),
    .rs1_data_o(rs1_data), .rs2_data_o(rs2_data),
    .write_i(finish & (rd != 5'd0)), .rd_i(rd), .rd_data_i(result)
  );

  // ---------------------------------------------------------------- state

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StateFetch;
      pc_q <= '0;
      instruction_q <= '0;
      we_q <= 1'b0;
      be_q <= '0;
      address_q <= '0;
      wdata_q <= '0;
      retire_valid_o <= 1'b0;
      retire_pc_o <= '0;
      retire_rd_o <= '0;
      retire_rd_data_o <= '0;
      retire_store_be_o <= '0;
    end else if (busy_o) begin
      if (!run_i) begin
        state_q <= StateFetch;
        pc_q <= '0;
      end else if (advance) begin
        state_q <= fetch_gnt_i ? StateExecute : StateFetch;
        pc_q <= fetch_addr_o;
      end else if (error_o) begin
        state_q <= StateFailed;
      end else if (multiply_divide) begin
        state_q <= StateCompute;
      end else if (data_req_o) begin
        state_q <= data_gnt_i ? StateAnswer : StateRequest;
      end
      if (execute) instruction_q <= fetch_data_i;
      if (data_req_o) begin
        we_q <= data_we_o;
        be_q <= data_be_o;
        address_q <= address;
        wdata_q <= data_wdata_o;
      end
      retire_valid_o <= finish;
      if (finish) begin
        retire_pc_o <= pc;
        retire_rd_o <= rd;
        retire_rd_data_o <= result;
        retire_store_be_o <= data_be_o;  // what finishes with a request is a store
      end
    end
  end

  assign retire_instruction_o = instruction_q;
  assign retire_address_o = address_q;
  assign retire_store_data_o = wdata_q;

endmodule
